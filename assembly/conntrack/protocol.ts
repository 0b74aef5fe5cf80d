/** Which protocol's rules judge a connection's packets. */
import { CONN_KEY, LOOKUP_KEY } from "../layout/conntrack.ts";
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_SCTP, PROTOCOL_TCP } from "../packet/protocol.ts";
import { createIcmp, opensIcmp, updateIcmp } from "./icmp.ts";
import { opensIcmpv6 } from "./icmpv6.ts";
import { createOther, updateOther } from "./other.ts";
import { createSctp, opensSctp, updateSctp } from "./sctp.ts";
import { createTcp, opensTcp, updateTcp } from "./tcp.ts";
import { isIpv6, protocolOf } from "./tuple.ts";

/** ICMP over IPv6 and ICMPv6 over IPv4 are nobody's protocol. */
@inline
function isIcmpOf(key: u32): bool {
  return protocolOf(key) == (isIpv6(key) ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP);
}

/** May the packet open a connection? */
export function opensConnection(packet: usize, lookup: usize): bool {
  const key = load<u32>(lookup, LOOKUP_KEY);
  const protocol = protocolOf(key);
  if (protocol == PROTOCOL_TCP) return opensTcp(packet);
  if (protocol == PROTOCOL_SCTP) return opensSctp(packet);
  if (isIcmpOf(key)) return isIpv6(key) ? opensIcmpv6(packet) : opensIcmp(packet);
  return true;
}

/** Sets the protocol's state and first timeout of an unpublished connection. */
export function createState(connection: usize, packet: usize, now: u64): void {
  const key = load<u32>(connection, CONN_KEY);
  const protocol = protocolOf(key);
  if (protocol == PROTOCOL_TCP) createTcp(connection, packet, now);
  else if (protocol == PROTOCOL_SCTP) createSctp(connection, packet, now);
  else if (isIcmpOf(key)) createIcmp(connection, now);
  else createOther(connection, now);
}

/** Judges a packet of `reply` direction (UPDATE_*), and moves state and timeout. */
@inline
export function updateState(connection: usize, packet: usize, reply: usize, now: u64): u32 {
  const key = load<u32>(connection, CONN_KEY);
  const protocol = protocolOf(key);
  if (protocol == PROTOCOL_TCP) return updateTcp(connection, packet, reply, now);
  if (protocol == PROTOCOL_SCTP) return updateSctp(connection, packet, reply, now);
  if (isIcmpOf(key)) return updateIcmp(connection, reply, now);
  return updateOther(connection, reply, now);
}
