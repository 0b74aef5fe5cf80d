/** Control connections with a helper: which protocol's reader looks at their packets. */
import { CONN_FLAG_FTP, CONN_FLAGS } from "../layout.ts";

/** Reads a control packet that has been accepted and translated; may announce a data connection, may edit the packet. */
export function inspectControl(packet: usize, connection: usize, reply: usize, translated: bool): void {
  if (load<u32>(connection, CONN_FLAGS) & CONN_FLAG_FTP) return;
}

export function skewBefore(packet: usize, connection: usize, reply: usize): void {}
export function skewAfter(packet: usize, connection: usize, reply: usize): void {}
