/**
 * What a fragment says about its place: the FRAGMENT_* words, worked out of an IPv4 header or an IPv6 fragment header.
 */
import { CT_SCRATCH } from "../layout/conntrack.ts";
import { KEY_ETH_TYPE } from "../layout/key.ts";
import { PACKET_DATA, PACKET_FLAGS, PACKET_FLAG_TORN, PACKET_HEAD_LENGTH, PACKET_KEY, PACKET_L3, PACKET_L3_LENGTH, PACKET_LENGTH } from "../layout/packet.ts";
import { CONNTRACK_BASE } from "../memory.ts";
import { ETHER_TYPE_IPV4, ETHER_TYPE_IPV6 } from "../packet/ethernet.ts";
import { verifyHeaderChecksum } from "../packet/ipv4.ts";
import {
  PROTOCOL_DESTINATION_OPTIONS,
  PROTOCOL_FRAGMENT,
  PROTOCOL_HOP_BY_HOP,
  PROTOCOL_ROUTING,
} from "../packet/protocol.ts";
import { network16 } from "./transport.ts";
import { packKey } from "./tuple.ts";

/** The description, in CT_SCRATCH. */
export const FRAGMENT: usize = CONNTRACK_BASE + CT_SCRATCH;
export const FRAGMENT_KEY = 0; // u32 as CONN_KEY
export const FRAGMENT_ID = 4; // u32
export const FRAGMENT_START = 8; // u32 first payload byte in the datagram
export const FRAGMENT_END = 12; // u32 one past the last
export const FRAGMENT_HEADER = 16; // u32 bytes of the frame before the payload
export const FRAGMENT_NEXT_HEADER = 20; // u32 offset in the frame of the byte that announces the fragment header
export const FRAGMENT_LAST = 24; // u32 1 = no more fragments
export const FRAGMENT_ADDRESSES = 32; // 32 bytes

const MAX_PAYLOAD: u32 = 65535;
const IPV4_HEADER_SIZE: u32 = 20;
const IPV6_HEADER_SIZE: u32 = 40;
const FRAGMENT_HEADER_SIZE: u32 = 8;
const MAX_EXTENSIONS = 8;

/** Describes a fragment; false for one that contradicts itself (RFC 791 §3.2, RFC 8200 §4.5). */
export function describeFragment(packet: usize, zone: u32): bool {
  if ((load<u16>(packet, PACKET_FLAGS) & PACKET_FLAG_TORN) != 0 || !verifyHeaderChecksum(packet)) return false;
  const l3 = <u32>load<u16>(packet, PACKET_L3);
  const head = load<u32>(packet, PACKET_HEAD_LENGTH);
  const length = load<u32>(packet, PACKET_L3_LENGTH);
  if (l3 == 0 || head <= l3 || l3 + length > load<u32>(packet, PACKET_LENGTH)) return false;
  const header = <usize>load<u32>(packet, PACKET_DATA) + l3;
  const contiguous = min<u32>(head - l3, length);
  memory.fill(FRAGMENT, 0, 64);
  const ethType = load<u16>(load<u32>(packet, PACKET_KEY), KEY_ETH_TYPE);
  let headerLength: u32 = 0;
  if (ethType == ETHER_TYPE_IPV4) headerLength = describeIpv4(header, contiguous, zone);
  else if (ethType == ETHER_TYPE_IPV6) headerLength = describeIpv6(header, contiguous, zone, l3);
  if (headerLength == 0 || headerLength >= length) return false;
  const bytes = length - headerLength;
  const end = load<u32>(FRAGMENT, FRAGMENT_START) + bytes;
  store<u32>(FRAGMENT, end, FRAGMENT_END);
  store<u32>(FRAGMENT, l3 + headerLength, FRAGMENT_HEADER);
  // All but the last carry whole units of eight bytes.
  return end <= MAX_PAYLOAD && (load<u32>(FRAGMENT, FRAGMENT_LAST) != 0 || (bytes & 7) == 0);
}

function describeIpv4(header: usize, length: u32, zone: u32): u32 {
  if (length < IPV4_HEADER_SIZE) return 0;
  const headerLength = (<u32>(load<u8>(header) & 15)) << 2;
  if (headerLength < IPV4_HEADER_SIZE || headerLength > length) return 0;
  const place = network16(header + 6);
  store<u32>(FRAGMENT, packKey(zone, load<u8>(header, 9), 4), FRAGMENT_KEY);
  store<u32>(FRAGMENT, load<u16>(header, 4), FRAGMENT_ID);
  store<u32>(FRAGMENT, (place & 0x1fff) << 3, FRAGMENT_START);
  store<u32>(FRAGMENT, place & 0x2000 ? 0 : 1, FRAGMENT_LAST);
  store<u32>(FRAGMENT, load<u32>(header, 12), FRAGMENT_ADDRESSES);
  store<u32>(FRAGMENT, load<u32>(header, 16), FRAGMENT_ADDRESSES + 16);
  return headerLength;
}

function describeIpv6(header: usize, length: u32, zone: u32, l3: u32): u32 {
  let at = IPV6_HEADER_SIZE;
  if (length < at) return 0;
  let announcer: u32 = 6;
  let next = <u32>load<u8>(header, 6);
  for (let walked = 0; next != PROTOCOL_FRAGMENT; walked++) {
    if (walked == MAX_EXTENSIONS || at + 8 > length) return 0;
    if (next != PROTOCOL_HOP_BY_HOP && next != PROTOCOL_ROUTING && next != PROTOCOL_DESTINATION_OPTIONS) return 0;
    announcer = at;
    next = load<u8>(header + at);
    at += (<u32>load<u8>(header + at, 1) + 1) << 3;
  }
  if (at + FRAGMENT_HEADER_SIZE > length) return 0;
  const place = network16(header + at + 2);
  // The protocol is known from the first fragment only.
  store<u32>(FRAGMENT, packKey(zone, 0, 6), FRAGMENT_KEY);
  store<u32>(FRAGMENT, load<u32>(header + at, 4), FRAGMENT_ID);
  store<u32>(FRAGMENT, place & 0xfff8, FRAGMENT_START);
  store<u32>(FRAGMENT, place & 1 ? 0 : 1, FRAGMENT_LAST);
  store<u32>(FRAGMENT, l3 + announcer, FRAGMENT_NEXT_HEADER);
  memory.copy(FRAGMENT + FRAGMENT_ADDRESSES, header + 8, 32);
  return at + FRAGMENT_HEADER_SIZE;
}
