/**
 * From a packet to its tuple: what the parser found (the flow key), and for ICMP errors what they quote.
 *
 * Invariants: reads only bytes that the record says are contiguous. False means "cannot be tracked": ct_state `inv`.
 */
import { LOOKUP_KEY, LOOKUP_RELATED, LOOKUP_TUPLE6, TUPLE6_SIZE } from "../layout/conntrack.ts";
import { KEY_ETH_TYPE, KEY_IPV6_SRC, KEY_NW_DST, KEY_NW_PROTO, KEY_NW_SRC } from "../layout/key.ts";
import { PACKET_FLAGS, PACKET_FLAG_CSUM_GOOD, PACKET_FLAG_TORN, PACKET_KEY, PACKET_L3, PACKET_L4 } from "../layout/packet.ts";
import { ETHER_TYPE_IPV4, ETHER_TYPE_IPV6 } from "../packet/ethernet.ts";
import { verifyHeaderChecksum } from "../packet/ipv4.ts";
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_SCTP, PROTOCOL_TCP, PROTOCOL_UDP } from "../packet/protocol.ts";
import { extractIcmp, isIcmpError } from "./icmp.ts";
import { extractIcmpv6, isIcmpv6Error } from "./icmpv6.ts";
import { extractQuoted } from "./quoted.ts";
import { extractSctp } from "./sctp.ts";
import { extractTcp } from "./tcp.ts";
import { transportHeader, transportHeadLength, transportLength } from "./transport.ts";
import { digest6, packKey, setAddresses, setEnds } from "./tuple.ts";
import { extractUdp } from "./udp.ts";

/** Fills a look-up record (but the hash) with the tuple of the packet as it is now. */
export function extractTuple(lookup: usize, packet: usize, zone: u32): bool {
  const key = <usize>load<u32>(packet, PACKET_KEY);
  const packetFlags = load<u16>(packet, PACKET_FLAGS);
  if ((packetFlags & PACKET_FLAG_TORN) != 0 || load<u16>(packet, PACKET_L3) == 0) return false;
  if ((packetFlags & PACKET_FLAG_CSUM_GOOD) == 0 && !verifyHeaderChecksum(packet)) return false;
  const ethType = load<u16>(key, KEY_ETH_TYPE);
  const protocol = <u32>load<u8>(key, KEY_NW_PROTO);
  store<u32>(lookup, 0, LOOKUP_RELATED);
  let ipv6 = false;
  if (ethType == ETHER_TYPE_IPV4) {
    store<u32>(lookup, packKey(zone, protocol, 4), LOOKUP_KEY);
    setAddresses(lookup, load<u32>(key, KEY_NW_SRC), load<u32>(key, KEY_NW_DST));
  } else if (ethType == ETHER_TYPE_IPV6) {
    ipv6 = true;
    store<u32>(lookup, packKey(zone, protocol, 6), LOOKUP_KEY);
    memory.copy(lookup + LOOKUP_TUPLE6, key + KEY_IPV6_SRC, TUPLE6_SIZE);
    digestLookup(lookup);
  } else {
    return false;
  }
  return extractTransport(lookup, packet, protocol, ipv6);
}

/** Brings the digests of a look-up's IPv6 addresses in step with the addresses. */
export function digestLookup(lookup: usize): void {
  setAddresses(lookup, digest6(lookup + LOOKUP_TUPLE6), digest6(lookup + LOOKUP_TUPLE6 + 16));
}

@inline
function extractTransport(lookup: usize, packet: usize, protocol: u32, ipv6: bool): bool {
  const torn = load<u16>(packet, PACKET_L4) == 0;
  const header = transportHeader(packet);
  const head = torn ? 0 : transportHeadLength(packet);
  switch (protocol) {
    case PROTOCOL_TCP:
      return extractTcp(lookup, header, head, false);
    case PROTOCOL_UDP:
      // The length field covers the payload, which need not be contiguous.
      return head >= 8 && extractUdp(lookup, header, transportLength(packet), false);
    case PROTOCOL_SCTP:
      return extractSctp(lookup, header, head, false);
    case PROTOCOL_ICMP:
      if (ipv6) break;
      if (head < 8) return false;
      return isIcmpError(header) ? extractQuoted(lookup, header, head) : extractIcmp(lookup, header, head);
    case PROTOCOL_ICMPV6:
      if (!ipv6) break;
      if (head < 8) return false;
      return isIcmpv6Error(header) ? extractQuoted(lookup, header, head) : extractIcmpv6(lookup, header, head);
  }
  setEnds(lookup, 0, 0);
  return true;
}
