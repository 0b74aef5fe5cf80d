/** Connections that the kernel forwards packets of, as conntrack meets them. */
import { isTurningPoint } from "../conntrack/tcp.ts";
import { CONN_EXPIRES, CONN_FLAGS, CONN_FLAG_FTP, CONN_FLAG_TFTP, CONN_PROTOCOL, CT_LOOKUP, LOOKUP_DIRECTION } from "../layout/conntrack.ts";
import { CT_STATE_ESTABLISHED, CT_STATE_INVALID, CT_STATE_NEW, KEY_CT_STATE } from "../layout/key.ts";
import { PACKET_CONNECTION, PACKET_KEY } from "../layout/packet.ts";
import { CONNTRACK_BASE } from "../memory.ts";
import { PROTOCOL_TCP } from "../packet/protocol.ts";
import { noteConnection, spoilPath } from "./path.ts";
import { countConnection, isConnectionOffloaded, withdrawConnection } from "./withdraw.ts";

/** Connections whose packets are read (conntrack/control.ts), whatever the ct action at hand says; CONN_OFFLOADS is not theirs. */
const READ: u32 = CONN_FLAG_FTP | CONN_FLAG_TFTP;

/** The packet has been tracked: its path leads on by a connection that is established, or is spoilt. */
export function noteTracking(packet: usize): void {
  const state: u32 = bswap<u16>(load<u16>(load<u32>(packet, PACKET_KEY), KEY_CT_STATE));
  const connection: usize = load<u32>(packet, PACKET_CONNECTION);
  const fit = (state & (CT_STATE_ESTABLISHED | CT_STATE_NEW | CT_STATE_INVALID)) == CT_STATE_ESTABLISHED;
  if (connection == 0 || !fit || (load<u32>(connection, CONN_FLAGS) & READ) != 0) return spoilPath(packet);
  noteConnection(packet, connection, load<u32>(CONNTRACK_BASE + CT_LOOKUP, LOOKUP_DIRECTION));
}

/** A packet of an offloaded connection has come to us: what went by is made up for, and TCP that closes stays here. */
export function resumeConnection(connection: usize, packet: usize): void {
  if (load<u8>(connection, CONN_PROTOCOL) != PROTOCOL_TCP) return;
  if (isTurningPoint(packet)) withdrawConnection(connection);
  else countConnection(connection);
}

/** Whether the connection's time is over; packets that the kernel has forwarded count. */
@inline
export function isExpired(connection: usize, now: u64): bool {
  if (load<u64>(connection, CONN_EXPIRES) > now) return false;
  if (!isConnectionOffloaded(connection)) return true;
  countConnection(connection);
  return load<u64>(connection, CONN_EXPIRES) <= now;
}
