/** Control connections with a helper: which protocol's reader looks at their packets. */
import { CONN_FLAGS, CONN_FLAG_FTP } from "../layout/conntrack.ts";
import { inspectFtp } from "./ftp.ts";
import { inspectTftp } from "./tftp.ts";

/**
 * Reads a control packet of `reply` direction that has been accepted, and translated if `translated` says that ct(nat)
 * was asked for. May announce a data connection, may edit the payload.
 */
export function inspectControl(packet: usize, connection: usize, reply: usize, translated: bool): void {
  if (load<u32>(connection, CONN_FLAGS) & CONN_FLAG_FTP) inspectFtp(packet, connection, reply, translated);
  else inspectTftp(connection, reply);
}
