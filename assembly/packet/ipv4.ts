/**
 * IPv4 (RFC 791).
 *
 *   0 version(4 bits) ihl(4 bits) | 1 tos(1) | 2 total length(2) | 4 identification(2) | 6 flags(3 bits) fragment offset(13 bits)
 *   8 ttl(1) | 9 protocol(1) | 10 header checksum(2) | 12 source(4) | 16 destination(4) | 20 options
 *
 * Header, total length and frame must agree, or nothing of L3 gets into the key and the packet is torn. Bytes of the frame
 * past the total length are Ethernet padding. The header checksum is not looked at: only conntrack wants to know.
 */
import { KEY_ETH_TYPE, KEY_NW_FRAG, KEY_NW_PROTO, KEY_NW_SRC, KEY_NW_TOS, KEY_NW_TTL, NW_FRAG_ANY, NW_FRAG_LATER } from "../layout/key.ts";
import { PACKET_DATA, PACKET_KEY, PACKET_L3, PACKET_L3_LENGTH } from "../layout/packet.ts";
import { ETHER_TYPE_IPV4 } from "./ethernet.ts";
import { verifyIpv4Checksum } from "./internet-checksum.ts";
import { markTorn } from "./torn.ts";

export const IPV4_TOS = 1;
export const IPV4_TOTAL_LENGTH = 2;
export const IPV4_ID = 4;
export const IPV4_FRAGMENT = 6;
export const IPV4_TTL = 8;
export const IPV4_PROTOCOL = 9;
export const IPV4_CHECKSUM = 10;
export const IPV4_SOURCE = 12;
export const IPV4_DESTINATION = 16;
export const IPV4_SIZE: u32 = 20;
/** Masks of IPV4_FRAGMENT loaded as a little-endian u16. */
const FRAGMENT_OFFSET: u32 = 0xff1f;
const MORE_FRAGMENTS: u32 = 0x0020;

/**
 * `available` bytes of the frame follow from `header` on, `readable` of them may be read.
 * Returns the header's length, 0 when the packet is torn.
 */
@inline
export function parseIpv4(packet: usize, key: usize, header: usize, available: u32, readable: u32): u32 {
  if (readable < IPV4_SIZE) return markTorn(packet);
  const headerLength: u32 = (<u32>(load<u8>(header) & 15)) << 2;
  const totalLength: u32 = bswap<u16>(load<u16>(header, IPV4_TOTAL_LENGTH));
  if (headerLength < IPV4_SIZE || headerLength > readable || totalLength < headerLength) return markTorn(packet);
  if (totalLength > available) return markTorn(packet);

  store<u32>(packet, totalLength, PACKET_L3_LENGTH);
  store<u64>(key, load<u64>(header, IPV4_SOURCE), KEY_NW_SRC);
  store<u8>(key, load<u8>(header, IPV4_PROTOCOL), KEY_NW_PROTO);
  store<u8>(key, load<u8>(header, IPV4_TOS), KEY_NW_TOS);
  store<u8>(key, load<u8>(header, IPV4_TTL), KEY_NW_TTL);
  const fragment: u32 = load<u16>(header, IPV4_FRAGMENT);
  if ((fragment & (FRAGMENT_OFFSET | MORE_FRAGMENTS)) != 0) {
    store<u8>(key, (fragment & FRAGMENT_OFFSET) != 0 ? NW_FRAG_ANY | NW_FRAG_LATER : NW_FRAG_ANY, KEY_NW_FRAG);
  }
  return headerLength;
}

/** True when the IPv4 header's checksum is right, or there is no such header. */
export function verifyHeaderChecksum(packet: usize): bool {
  if (load<u16>(load<u32>(packet, PACKET_KEY), KEY_ETH_TYPE) != ETHER_TYPE_IPV4) return true;
  if (load<u32>(packet, PACKET_L3_LENGTH) == 0) return true;
  const header = <usize>load<u32>(packet, PACKET_DATA) + load<u16>(packet, PACKET_L3);
  return verifyIpv4Checksum(header, (<u32>(load<u8>(header) & 15)) << 2);
}
