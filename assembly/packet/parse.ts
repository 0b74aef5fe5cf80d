/**
 * Parses a frame into its record's flow key and offsets, field by field as OVS's flow extraction does.
 *
 * What: Ethernet, two tags, then ARP, MPLS labels, or IPv4/IPv6 with TCP, UDP, SCTP, ICMP, ICMPv6 and neighbor discovery.
 *   Each header has its own file, with its layout on top; each checks its length once, at its edge, against the bytes that
 *   may be read, and no access after that can fail.
 * Invariants: reads stay within PACKET_HEAD_LENGTH and L3_HEADERS_LIMIT, writes within the record and its key. Any bytes give
 *   a key. PACKET_L3 is what follows the Ethernet type, whatever that is (for MPLS: the label stack); PACKET_L4 and PACKET_L7
 *   are set only for a protocol we know whose header is whole. PACKET_L3_LENGTH is 0 for IP that is torn at L3.
 * Cost: 5 ns for a 60-byte TCP/IPv4 packet (parse-common.ts), 29 ns for TCP/IPv6; the 5-tuple hash 6 ns more, less for four packets
 *   at once (received-hash.ts).
 * Not handled: IGMP, NSH, GRE and other protocols beyond their number; IP inside MPLS; jumbograms; L4 headers that start
 *   more than L3_HEADERS_LIMIT bytes after L3 (the packet is torn).
 */

import { cacheHash } from "../flow/cache.ts";
import { hash5Tuple } from "../flow/hash.ts";
import { KEY_ARP_SHA, KEY_CT_IPV6_SRC, KEY_CT_LABEL, KEY_ETH_DST, KEY_ETH_TYPE, KEY_EXTENT_IPV4, KEY_IN_PORT, KEY_MPLS_LSE0, KEY_NW_FRAG, KEY_NW_PROTO, KEY_TUN_ID, NW_FRAG_LATER } from "../layout/key.ts";
import { L3_HEADERS_LIMIT, PACKET_DATA, PACKET_FLAGS, PACKET_FLAGS_PARSED, PACKET_HEAD_LENGTH, PACKET_IN_PORT, PACKET_KEY, PACKET_KEY_EXTENT, PACKET_L3, PACKET_L3_END, PACKET_L3_LENGTH, PACKET_L4, PACKET_L7, PACKET_LENGTH, PACKET_RSS_HASH } from "../layout/packet.ts";
import { parseArp } from "./arp.ts";
import { clearBlocks } from "./blocks.ts";
import {
  ETHER_TYPE_ARP,
  ETHER_TYPE_IPV4,
  ETHER_TYPE_IPV6,
  ETHER_TYPE_RARP,
  ETHERNET_SIZE,
  parseEthernetAddresses,
  parseEthernetType,
} from "./ethernet.ts";
import { parseIcmp } from "./icmp.ts";
import { parseIcmpv6 } from "./icmpv6.ts";
import { parseIpv4 } from "./ipv4.ts";
import { parseIpv6 } from "./ipv6.ts";
import { isMplsType, parseMpls } from "./mpls.ts";
import { parseCommon } from "./parse-common.ts";
import { vetPartialChecksum } from "./partial-checksum.ts";
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_SCTP, PROTOCOL_TCP, PROTOCOL_UDP } from "./protocol.ts";
import { parseSctp } from "./sctp.ts";
import { parseTcp } from "./tcp.ts";
import { markTorn } from "./torn.ts";
import { parseUdp } from "./udp.ts";
import { parseVlans } from "./vlan.ts";

/** Fills key, extent, offsets, flags, L3 length and RSS hash of a packet that has just come in. */
export function parse(packet: usize): void {
  parseKey(packet);
  hashReceived(packet);
}

/** As `parse`, without the RSS hash: most packets go out without anybody asking for it. Returns the key's cache hash. */
@inline
export function parseKey(packet: usize): u32 {
  let hash = parseCommon(packet, load<u32>(packet, PACKET_KEY));
  if (hash == 0) hash = parseAny(packet);
  vetPartialChecksum(packet);
  return hash;
}

/** The RSS hash, which is that of the packet as received: to be called before anything edits it. */
@inline
export function hashReceived(packet: usize): void {
  store<u32>(packet, hash5Tuple(load<u32>(packet, PACKET_KEY), 0), PACKET_RSS_HASH);
}

/** The way for every frame there is. */
export function parseAny(packet: usize): u32 {
  const key: usize = load<u32>(packet, PACKET_KEY);
  clearBlocks(key, load<u32>(packet, PACKET_KEY_EXTENT));
  store<u32>(packet, KEY_EXTENT_IPV4, PACKET_KEY_EXTENT);
  extract(packet, key);
  return cacheHash(packet);
}

/**
 * As `parse`, but keeps the key's metadata (recirculation, conntrack, marks, tunnel) and the RSS hash.
 * The extent never shrinks here: it also covers what was kept.
 */
export function reparse(packet: usize): void {
  const key: usize = load<u32>(packet, PACKET_KEY);
  memory.fill(key + KEY_ETH_DST, 0, KEY_CT_LABEL - KEY_ETH_DST);
  memory.fill(key + KEY_ARP_SHA, 0, KEY_CT_IPV6_SRC - KEY_ARP_SHA);
  memory.fill(key + KEY_MPLS_LSE0, 0, KEY_TUN_ID - KEY_MPLS_LSE0);
  store<u32>(packet, max<u32>(load<u32>(packet, PACKET_KEY_EXTENT), KEY_EXTENT_IPV4), PACKET_KEY_EXTENT);
  extract(packet, key);
  vetPartialChecksum(packet);
}

/** Reads the packet into a key whose packet fields are zero. */
@inline
function extract(packet: usize, key: usize): void {
  const data: usize = load<u32>(packet, PACKET_DATA);
  const length = load<u32>(packet, PACKET_LENGTH);
  const readable = min<u32>(load<u32>(packet, PACKET_HEAD_LENGTH), length);
  const kept: u32 = load<u16>(packet, PACKET_FLAGS) & ~PACKET_FLAGS_PARSED;
  store<u32>(key, bswap<u32>(load<u32>(packet, PACKET_IN_PORT)), KEY_IN_PORT);
  store<u64>(packet, (<u64>kept) << 48, PACKET_L3); // L3, L4, L7 and flags are neighbors
  store<u64>(packet, 0, PACKET_L3_LENGTH); // and PACKET_L3_END
  if (readable < ETHERNET_SIZE) {
    markTorn(packet);
    return;
  }

  parseEthernetAddresses(key, data);
  const l3 = parseEthernetType(key, data, parseVlans(key, data, readable), readable);
  const header = data + l3;
  const available = length - l3;
  const l3Readable = min<u32>(readable - l3, L3_HEADERS_LIMIT);
  store<u16>(packet, <u16>l3, PACKET_L3);

  const type: u32 = load<u16>(key, KEY_ETH_TYPE);
  let headersLength: u32 = 0;
  if (type == ETHER_TYPE_IPV4) headersLength = parseIpv4(packet, key, header, available, l3Readable);
  else if (type == ETHER_TYPE_IPV6) headersLength = parseIpv6(packet, key, header, available, l3Readable);
  else {
    store<u32>(packet, available, PACKET_L3_LENGTH);
    if (type == ETHER_TYPE_ARP || type == ETHER_TYPE_RARP) parseArp(packet, key, header, l3Readable);
    else if (isMplsType(type)) parseMpls(packet, key, header, l3Readable);
  }
  if (headersLength == 0) return;
  store<u16>(packet, <u16>(l3 + headersLength), PACKET_L3_END);
  if ((load<u8>(key, KEY_NW_FRAG) & NW_FRAG_LATER) != 0) return;

  const protocol: u32 = load<u8>(key, KEY_NW_PROTO);
  const l4 = header + headersLength;
  const bytes = min<u32>(load<u32>(packet, PACKET_L3_LENGTH), l3Readable) - headersLength;
  let l4Length: u32 = 0;
  if (protocol == PROTOCOL_TCP) l4Length = parseTcp(key, l4, bytes);
  else if (protocol == PROTOCOL_UDP) l4Length = parseUdp(key, l4, bytes);
  else if (protocol == PROTOCOL_ICMP) l4Length = parseIcmp(key, l4, bytes);
  else if (protocol == PROTOCOL_ICMPV6) l4Length = parseIcmpv6(key, l4, bytes);
  else if (protocol == PROTOCOL_SCTP) l4Length = parseSctp(key, l4, bytes);
  else return;

  if (l4Length == 0) {
    markTorn(packet);
    return;
  }
  store<u16>(packet, <u16>(l3 + headersLength), PACKET_L4);
  store<u16>(packet, <u16>(l3 + headersLength + l4Length), PACKET_L7);
}
