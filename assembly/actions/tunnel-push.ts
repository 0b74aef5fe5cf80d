/**
 * OP_TUNNEL_PUSH: prepends outer headers that the slow path has prepared (Ethernet up to the tunnel header with its options).
 *
 * What is filled in: lengths, the IPv4 identification (RFC 6864: only where fragmentation is allowed) and checksum, the
 * UDP source port from the inner 5-tuple (RFC 7348 §5, RFC 8926 §3.3: entropy for ECMP), and the UDP checksum when the
 * prepared header has a non-zero one. That is left partial: a port that computes checksums does it, others finish it.
 * Invariants: no super-packet gets a tunnel header (its segments do), and no inner checksum stays partial.
 * Not handled: outer IPv6 extension headers.
 */
import { countMany, drop } from "../counters.ts";
import { COUNTER_CLONED, DROP_BAD_PROGRAM, DROP_NO_BUFFER, DROP_TUNNEL } from "../layout/counter.ts";
import { KEY_SIZE, KEY_TUN_ID } from "../layout/key.ts";
import { PACKET_BATCH_NEXT, PACKET_CSUM_OFFSET, PACKET_CSUM_START, PACKET_DATA, PACKET_GSO_TYPE, PACKET_HDR_LEN, PACKET_HEADROOM, PACKET_HEAD_LENGTH, PACKET_KEY, PACKET_LENGTH, PACKET_RSS_HASH, PACKET_VNET_FLAGS, VNET_F_NEEDS_CSUM, VNET_GSO_NONE } from "../layout/packet.ts";
import { finishIpv4Checksum, foldSum, sumBytes } from "../packet/checksum.ts";
import { finishChecksum, segmentPacket } from "../packet/offload.ts";
import { reparse } from "../packet/parse.ts";
import { random32 } from "../random.ts";

const HEADER_BYTES: usize = 12;
const HEADER: usize = 20;
const ETHERNET_SIZE: u32 = 14;
const IPV4_SIZE: u32 = 20;
const IPV6_SIZE: u32 = 40;
const UDP_SIZE: u32 = 8;
const UDP: u32 = 17;
/** Source ports as OVS uses them by default: the ephemeral range. */
const PORT_MIN: u32 = 32768;
const PORT_MAX: u32 = 61000;

/** Head of the list of encapsulated packets (PACKET_BATCH_NEXT), 0 when none is left. */
export function pushTunnel(packet: usize, instruction: usize, next: usize): usize {
  const bytes = load<u32>(instruction, HEADER_BYTES);
  const header = instruction + HEADER;
  if (<usize>bytes > next - header || bytes < ETHERNET_SIZE + IPV4_SIZE) {
    drop(packet, DROP_BAD_PROGRAM);
    return 0;
  }
  if (load<u8>(packet, PACKET_GSO_TYPE) == VNET_GSO_NONE) return encapsulate(packet, header, bytes) ? packet : 0;

  let segment = segmentPacket(packet);
  if (segment == 0) {
    drop(packet, DROP_NO_BUFFER);
    return 0;
  }
  let first: usize = 0;
  let last: usize = 0;
  let segments: u64 = 0;
  while (segment != 0) {
    const following = <usize>load<u32>(segment, PACKET_BATCH_NEXT);
    store<u32>(segment, 0, PACKET_BATCH_NEXT);
    segments++;
    if (encapsulate(segment, header, bytes)) {
      if (last == 0) first = segment;
      else store<u32>(last, <u32>segment, PACKET_BATCH_NEXT);
      last = segment;
    }
    segment = following;
  }
  countMany(COUNTER_CLONED, segments - 1);
  return first;
}

/** False when the packet was dropped. */
function encapsulate(packet: usize, header: usize, bytes: u32): bool {
  if (load<u8>(packet, PACKET_VNET_FLAGS) & VNET_F_NEEDS_CSUM) finishChecksum(packet);
  if (load<u32>(packet, PACKET_HEADROOM) < bytes) {
    drop(packet, DROP_TUNNEL);
    return false;
  }
  const data: usize = load<u32>(packet, PACKET_DATA) - bytes;
  memory.copy(data, header, bytes);
  store<u32>(packet, <u32>data, PACKET_DATA);
  store<u32>(packet, load<u32>(packet, PACKET_LENGTH) + bytes, PACKET_LENGTH);
  store<u32>(packet, load<u32>(packet, PACKET_HEAD_LENGTH) + bytes, PACKET_HEAD_LENGTH);
  store<u32>(packet, load<u32>(packet, PACKET_HEADROOM) - bytes, PACKET_HEADROOM);
  store<u8>(packet, 0, PACKET_VNET_FLAGS);
  if (!completeHeaders(packet, data, bytes)) {
    drop(packet, DROP_TUNNEL);
    return false;
  }
  memory.fill(<usize>load<u32>(packet, PACKET_KEY) + KEY_TUN_ID, 0, KEY_SIZE - KEY_TUN_ID);
  reparse(packet);
  return true;
}

/** Fills in what depends on the packet; false when the outer headers are not IP over Ethernet. */
function completeHeaders(packet: usize, data: usize, bytes: u32): bool {
  const length = load<u32>(packet, PACKET_LENGTH);
  let l3 = ETHERNET_SIZE;
  let type = bswap<u16>(load<u16>(data, 12));
  if (type == 0x8100 || type == 0x88a8) {
    type = bswap<u16>(load<u16>(data, 16));
    l3 += 4;
  }
  const ip = data + l3;
  if (length - l3 > 0xffff) return false;
  if (type == 0x0800 && bytes >= l3 + IPV4_SIZE) {
    store<u16>(ip, bswap<u16>(<u16>(length - l3)), 2);
    const mayFragment = (load<u8>(ip, 6) & 0x40) == 0;
    store<u16>(ip, mayFragment ? <u16>random32() : 0, 4);
    finishIpv4Checksum(ip);
    if (load<u8>(ip, 9) == UDP) return completeUdp(packet, data, bytes, l3 + IPV4_SIZE, ip + 12, 8);
    return true;
  }
  if (type == 0x86dd && bytes >= l3 + IPV6_SIZE) {
    store<u16>(ip, bswap<u16>(<u16>(length - l3 - IPV6_SIZE)), 4);
    if (load<u8>(ip, 6) == UDP) return completeUdp(packet, data, bytes, l3 + IPV6_SIZE, ip + 8, 32);
    return true;
  }
  return false;
}

function completeUdp(packet: usize, data: usize, bytes: u32, l4: u32, addresses: usize, addressBytes: u32): bool {
  if (bytes < l4 + UDP_SIZE) return false;
  const udp = data + l4;
  const length = bswap<u16>(<u16>(load<u32>(packet, PACKET_LENGTH) - l4));
  const spread = (<u64>load<u32>(packet, PACKET_RSS_HASH) * (PORT_MAX - PORT_MIN)) >> 32;
  store<u16>(udp, bswap<u16>(<u16>(spread + PORT_MIN)));
  store<u16>(udp, length, 4);
  if (load<u16>(udp, 6) == 0) return true; // RFC 6935, RFC 8926 §3.3: none
  const pseudo = sumBytes(addresses, addressBytes, <u64>length + ((<u64>UDP) << 8));
  store<u16>(udp, <u16>foldSum(pseudo), 6);
  store<u8>(packet, VNET_F_NEEDS_CSUM, PACKET_VNET_FLAGS);
  store<u16>(packet, <u16>l4, PACKET_CSUM_START);
  store<u16>(packet, 6, PACKET_CSUM_OFFSET);
  store<u16>(packet, <u16>(l4 + UDP_SIZE), PACKET_HDR_LEN);
  return true;
}
