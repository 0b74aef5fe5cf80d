/**
 * IPv6 (RFC 8200).
 *
 *   0 version(4 bits) traffic class(8 bits) flow label(20 bits) | 4 payload length(2) | 6 next header(1) | 7 hop limit(1)
 *   8 source(16) | 24 destination(16)
 *
 * Not handled: jumbograms (RFC 2675): a payload length of 0 means an empty packet.
 */
import { KEY_EXTENT_IPV6, KEY_IPV6_DST, KEY_IPV6_LABEL, KEY_IPV6_SRC, KEY_NW_TOS, KEY_NW_TTL } from "../layout/key.ts";
import { PACKET_KEY_EXTENT, PACKET_L3_LENGTH } from "../layout/packet.ts";
import { EXTENSIONS_TORN, parseIpv6Extensions } from "./ipv6-extensions.ts";
import { markTorn } from "./torn.ts";

export const IPV6_PAYLOAD_LENGTH = 4;
export const IPV6_NEXT_HEADER = 6;
export const IPV6_HOP_LIMIT = 7;
export const IPV6_SOURCE = 8;
export const IPV6_DESTINATION = 24;
export const IPV6_SIZE: u32 = 40;

/**
 * `available` bytes of the frame follow from `header` on, `readable` of them may be read.
 * Returns the length of the header with its extensions, 0 when the packet is torn.
 */
export function parseIpv6(packet: usize, key: usize, header: usize, available: u32, readable: u32): u32 {
  if (readable < IPV6_SIZE) return markTorn(packet);
  const length: u32 = IPV6_SIZE + <u32>bswap<u16>(load<u16>(header, IPV6_PAYLOAD_LENGTH));
  if (length > available) return markTorn(packet);

  store<u32>(packet, max<u32>(load<u32>(packet, PACKET_KEY_EXTENT), KEY_EXTENT_IPV6), PACKET_KEY_EXTENT);
  v128.store(key, v128.load(header, IPV6_SOURCE), KEY_IPV6_SRC);
  v128.store(key, v128.load(header, IPV6_DESTINATION), KEY_IPV6_DST);

  const end = min<u32>(length, readable);
  const protocol: u32 = load<u8>(header, IPV6_NEXT_HEADER);
  const extensions = parseIpv6Extensions(key, protocol, header + IPV6_SIZE, end - IPV6_SIZE);
  if (extensions == EXTENSIONS_TORN) return markTorn(packet);
  store<u32>(packet, length, PACKET_L3_LENGTH);
  const first = bswap<u32>(load<u32>(header));
  store<u8>(key, <u8>(first >> 20), KEY_NW_TOS);
  store<u8>(key, load<u8>(header, IPV6_HOP_LIMIT), KEY_NW_TTL);
  store<u32>(key, bswap<u32>(first & 0x000f_ffff), KEY_IPV6_LABEL);
  return IPV6_SIZE + extensions;
}
