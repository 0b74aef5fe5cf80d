/**
 * Translating a packet of a connection: its addresses and ports become those that the other direction's tuple names.
 *
 * Invariants: packet bytes, checksums and flow key change together (packet/rewrite.ts). Translating twice changes
 *   nothing the second time.
 */
import { CONN_FLAGS, CONN_FLAG_DNAT, CONN_FLAG_SNAT, CONN_KEY, CONN_TUPLE, CONN_TUPLE6, LOOKUP_RELATED, TUPLE6_SIZE, TUPLE_DST, TUPLE_DST_L4, TUPLE_SIZE, TUPLE_SRC, TUPLE_SRC_L4 } from "../layout/conntrack.ts";
import { CT_STATE_DNAT, CT_STATE_SNAT, KEY_IPV6_DST, KEY_IPV6_SRC, KEY_NW_DST, KEY_NW_SRC, KEY_TP_DST, KEY_TP_SRC } from "../layout/key.ts";
import { PACKET_KEY } from "../layout/packet.ts";
import { rewriteAddress, rewritePort } from "../packet/rewrite.ts";
import { hasPorts } from "./nat.ts";
import { rewriteQuotedAddress, rewriteQuotedPort } from "./quoted.ts";
import { transportHeader } from "./transport.ts";
import { isIpv6, protocolOf } from "./tuple.ts";

/** Address of an address in a tuple: 4 or 16 bytes. */
@inline
function addressIn(connection: usize, direction: usize, source: bool): usize {
  if (isIpv6(load<u32>(connection, CONN_KEY))) {
    return connection + CONN_TUPLE6 + direction * TUPLE6_SIZE + (source ? 0 : 16);
  }
  return connection + CONN_TUPLE + direction * TUPLE_SIZE + (source ? TUPLE_SRC : TUPLE_DST);
}

function setAddress(packet: usize, connection: usize, source: bool, wanted: usize): void {
  const key = <usize>load<u32>(packet, PACKET_KEY);
  if (isIpv6(load<u32>(connection, CONN_KEY))) {
    const now = key + (source ? KEY_IPV6_SRC : KEY_IPV6_DST);
    if (load<u64>(now) == load<u64>(wanted) && load<u64>(now, 8) == load<u64>(wanted, 8)) return;
  } else if (load<u32>(key + (source ? KEY_NW_SRC : KEY_NW_DST)) == load<u32>(wanted)) {
    return;
  }
  rewriteAddress(packet, source, wanted);
}

function setPort(packet: usize, source: bool, wanted: u32): void {
  const key = <usize>load<u32>(packet, PACKET_KEY);
  if (<u32>load<u16>(key + (source ? KEY_TP_SRC : KEY_TP_DST)) == wanted) return;
  rewritePort(packet, source, bswap<u16>(<u16>wanted));
}

/**
 * Translates a packet of `direction` (0 original, 1 reply) that has not been translated in this zone yet; `lookup` is
 * the one it was found by. Returns the ct_state bit that says so, 0 for a connection without translation.
 */
export function translate(packet: usize, connection: usize, direction: usize, lookup: usize): u32 {
  const flags = load<u32>(connection, CONN_FLAGS);
  if (!(flags & (CONN_FLAG_SNAT | CONN_FLAG_DNAT))) return 0;
  const source = (flags & CONN_FLAG_SNAT) != 0 ? direction == 0 : direction == 1;
  const other = direction ^ 1;
  setAddress(packet, connection, source, addressIn(connection, other, !source));

  const tuple = connection + CONN_TUPLE + other * TUPLE_SIZE;
  const ports = hasPorts(protocolOf(load<u32>(connection, CONN_KEY)));
  if (load<u32>(lookup, LOOKUP_RELATED)) {
    // An error quotes a packet as its sender's peer saw it; the sender knows it as it left.
    const error = transportHeader(packet);
    rewriteQuotedAddress(lookup, error, true, addressIn(connection, other, true));
    rewriteQuotedAddress(lookup, error, false, addressIn(connection, other, false));
    if (ports) {
      rewriteQuotedPort(lookup, error, true, load<u16>(tuple, TUPLE_SRC_L4));
      rewriteQuotedPort(lookup, error, false, load<u16>(tuple, TUPLE_DST_L4));
    }
  } else if (ports) {
    setPort(packet, true, load<u16>(tuple, TUPLE_DST_L4));
    setPort(packet, false, load<u16>(tuple, TUPLE_SRC_L4));
  }
  return source ? CT_STATE_SNAT : CT_STATE_DNAT;
}
