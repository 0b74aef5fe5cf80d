/**
 * What the way out cannot do for us: partial checksums and super-packets (virtio 1.2 §5.1.6).
 *
 * What: `finishChecksum` fills in a checksum left open by VNET_F_NEEDS_CSUM; `segmentPacket` cuts a TCP or UDP super-packet.
 * Invariants: segments share the super-packet's payload; each has its headers in its own clone head. They carry
 *   VNET_F_NEEDS_CSUM with the pseudo-header's sum: on a port without PORT_FEATURE_CSUM call `finishChecksum` for each.
 * Cost: 42 ns a segment of 1448 bytes, 50 more for its checksum when the port wants it finished.
 * Not handled: VNET_GSO_UDP (UFO, IP fragments), super-packets inside MPLS or tunnels, more than 64 KB (BIG TCP).
 */

import { count } from "../counters.ts";
import { COUNTER_CSUM_FINISHED, COUNTER_SEGMENTED } from "../layout/counter.ts";
import { KEY_ETH_TYPE, KEY_NW_FRAG, KEY_NW_PROTO } from "../layout/key.ts";
import { CLONE_HEAD_SIZE, PACKET_BATCH_NEXT, PACKET_CSUM_OFFSET, PACKET_CSUM_START, PACKET_DATA, PACKET_FLAGS, PACKET_FLAG_CLONE, PACKET_GSO_SIZE, PACKET_GSO_TYPE, PACKET_HDR_LEN, PACKET_HEADROOM, PACKET_HEAD_LENGTH, PACKET_KEY, PACKET_KEY_EXTENT, PACKET_L3, PACKET_L3_LENGTH, PACKET_L4, PACKET_L7, PACKET_LENGTH, PACKET_PAYLOAD, PACKET_SIZE, PACKET_VNET_FLAGS, VNET_F_NEEDS_CSUM, VNET_GSO_ECN, VNET_GSO_NONE, VNET_GSO_TCPV4, VNET_GSO_TCPV6, VNET_GSO_UDP_L4 } from "../layout/packet.ts";
import { CLONE_HEAD_STRIDE } from "../memory.ts";
import { computeTransportChecksum, pseudoHeaderSum, sumFrame, transportLength } from "./checksum.ts";
import { ETHER_TYPE_IPV4 } from "./ethernet.ts";
import { finishIpv4Checksum, finishSum, foldSum } from "./internet-checksum.ts";
import { IPV4_ID, IPV4_TOTAL_LENGTH } from "./ipv4.ts";
import { IPV6_PAYLOAD_LENGTH, IPV6_SIZE } from "./ipv6.ts";
import { checksumOffset } from "./partial-checksum.ts";
import { allocatePacket, cloneHead, packetsLeft } from "./pool.ts";
import { PROTOCOL_SCTP, PROTOCOL_TCP, PROTOCOL_UDP } from "./protocol.ts";
import { TCP_FLAG_CWR, TCP_FLAG_FIN, TCP_FLAG_PSH, TCP_FLAGS, TCP_SEQUENCE } from "./tcp.ts";
import { UDP_LENGTH } from "./udp.ts";

/** Finishes a partial checksum in software; nothing to do for packets without one. */
export function finishChecksum(packet: usize): void {
  const flags = load<u8>(packet, PACKET_VNET_FLAGS);
  if ((flags & VNET_F_NEEDS_CSUM) == 0) return;
  count(COUNTER_CSUM_FINISHED);
  store<u8>(packet, flags & ~(<u8>VNET_F_NEEDS_CSUM), PACKET_VNET_FLAGS);
  const start: u32 = load<u16>(packet, PACKET_CSUM_START);
  const key: usize = load<u32>(packet, PACKET_KEY);
  if (start == load<u16>(packet, PACKET_L4) && load<u8>(key, KEY_NW_PROTO) == PROTOCOL_SCTP) {
    computeTransportChecksum(packet);
    return;
  }
  // The field holds the pseudo-header's sum and is part of what is summed.
  const length = load<u32>(packet, PACKET_LENGTH);
  const field = start + load<u16>(packet, PACKET_CSUM_OFFSET);
  if (field + 2 > load<u32>(packet, PACKET_HEAD_LENGTH)) return;
  const end = start == load<u16>(packet, PACKET_L4) ? start + transportLength(packet) : length;
  const sum = finishSum(sumFrame(packet, start, end, 0));
  store<u16>(load<u32>(packet, PACKET_DATA) + field, sum == 0 ? 0xffff : sum);
}

/** True for the super-packets that `segmentPacket` can cut. */
@inline
function isSegmentable(gsoType: u32, protocol: u32): bool {
  if (gsoType == VNET_GSO_TCPV4 || gsoType == VNET_GSO_TCPV6) return protocol == PROTOCOL_TCP;
  return gsoType == VNET_GSO_UDP_L4 && protocol == PROTOCOL_UDP;
}

/**
 * Cuts a super-packet: head of a list linked by PACKET_BATCH_NEXT, in order. The super-packet itself stays as it is; its
 * bytes must live until the segments are sent.
 * 0: it cannot be cut, or there are not enough records for all of it; the caller drops it (DROP_NO_BUFFER).
 */
export function segmentPacket(packet: usize): usize {
  const key: usize = load<u32>(packet, PACKET_KEY);
  const segmentSize: u32 = load<u16>(packet, PACKET_GSO_SIZE);
  const gsoType: u32 = load<u8>(packet, PACKET_GSO_TYPE) & ~VNET_GSO_ECN;
  const l7: u32 = load<u16>(packet, PACKET_L7);
  if (l7 == 0 || l7 > <u32>CLONE_HEAD_SIZE || segmentSize == 0 || load<u8>(key, KEY_NW_FRAG) != 0) return 0;
  if (!isSegmentable(gsoType, load<u8>(key, KEY_NW_PROTO))) return 0;

  const headLength = load<u32>(packet, PACKET_HEAD_LENGTH);
  const split = headLength < load<u32>(packet, PACKET_LENGTH);
  if (split && <usize>headLength > CLONE_HEAD_STRIDE) return 0;
  const end = load<u16>(packet, PACKET_L3) + load<u32>(packet, PACKET_L3_LENGTH);
  const segments = max<u32>(1, (end - l7 + segmentSize - 1) / segmentSize);
  if (segments > packetsLeft()) return 0;

  count(COUNTER_SEGMENTED);
  let first: usize = 0;
  let last: usize = 0;
  for (let index: u32 = 0; index < segments; index++) {
    const from = l7 + index * segmentSize;
    const segment = makeSegment(packet, from, min<u32>(from + segmentSize, end), split ? headLength : l7, split);
    finishHeaders(segment, index, index + 1 == segments, from - l7);
    if (last == 0) first = segment;
    else store<u32>(last, <u32>segment, PACKET_BATCH_NEXT);
    last = segment;
  }
  return first;
}

/**
 * A record with the super-packet's headers and its frame bytes [from, to). Those before `shared` (in the head of a split
 * packet) are copied behind the headers, the rest is shared.
 */
function makeSegment(packet: usize, from: u32, to: u32, shared: u32, split: bool): usize {
  const segment = allocatePacket();
  const key = load<u32>(segment, PACKET_KEY);
  memory.copy(segment, packet, PACKET_SIZE);
  store<u32>(segment, key, PACKET_KEY);
  memory.copy(key, load<u32>(packet, PACKET_KEY), load<u32>(packet, PACKET_KEY_EXTENT));

  const l7: u32 = load<u16>(packet, PACKET_L7);
  const copied: u32 = from < shared ? min<u32>(to, shared) - from : 0;
  const headLength = l7 + copied;
  const length = l7 + (to - from);
  const data = load<u32>(packet, PACKET_DATA);
  const headroom = <u32>CLONE_HEAD_STRIDE - max<u32>(headLength, CLONE_HEAD_SIZE);
  const head = <u32>cloneHead(segment) + headroom;
  memory.copy(head, data, l7);
  memory.copy(head + l7, data + from, copied);
  store<u32>(segment, head, PACKET_DATA);
  store<u32>(segment, headroom, PACKET_HEADROOM);
  store<u32>(segment, headLength, PACKET_HEAD_LENGTH);
  store<u32>(segment, length, PACKET_LENGTH);
  store<u32>(segment, length - load<u16>(packet, PACKET_L3), PACKET_L3_LENGTH);
  const rest = from + copied;
  const payload = split ? load<u32>(packet, PACKET_PAYLOAD) + (rest - shared) : data + rest;
  store<u32>(segment, headLength < length ? payload : 0, PACKET_PAYLOAD);
  store<u32>(segment, 0, PACKET_BATCH_NEXT);
  store<u16>(segment, load<u16>(packet, PACKET_FLAGS) | PACKET_FLAG_CLONE, PACKET_FLAGS);
  return segment;
}

/** Lengths, IPv4 identification, TCP sequence and flags, and the partial checksum of one segment. */
function finishHeaders(segment: usize, index: u32, isLast: bool, sequenceOffset: u32): void {
  const data: usize = load<u32>(segment, PACKET_DATA);
  const key: usize = load<u32>(segment, PACKET_KEY);
  const ip = data + load<u16>(segment, PACKET_L3);
  const l4Offset: u32 = load<u16>(segment, PACKET_L4);
  const l4 = data + l4Offset;
  const l3Length = load<u32>(segment, PACKET_L3_LENGTH);
  const protocol: u32 = load<u8>(key, KEY_NW_PROTO);
  if (load<u16>(key, KEY_ETH_TYPE) == ETHER_TYPE_IPV4) {
    store<u16>(ip, bswap<u16>(<u16>l3Length), IPV4_TOTAL_LENGTH);
    store<u16>(ip, bswap<u16>(<u16>(bswap<u16>(load<u16>(ip, IPV4_ID)) + index)), IPV4_ID);
    finishIpv4Checksum(ip);
  } else {
    store<u16>(ip, bswap<u16>(<u16>(l3Length - IPV6_SIZE)), IPV6_PAYLOAD_LENGTH);
  }
  const l4Length = transportLength(segment);
  if (protocol == PROTOCOL_TCP) {
    store<u32>(l4, bswap<u32>(bswap<u32>(load<u32>(l4, TCP_SEQUENCE)) + sequenceOffset), TCP_SEQUENCE);
    let flags = load<u8>(l4, TCP_FLAGS);
    if (!isLast) flags &= ~(TCP_FLAG_FIN | TCP_FLAG_PSH);
    if (index != 0) flags &= ~TCP_FLAG_CWR; // RFC 3168 §6.1.2: the sender tells once that it slowed down
    store<u8>(l4, flags, TCP_FLAGS);
  } else {
    store<u16>(l4, bswap<u16>(<u16>l4Length), UDP_LENGTH);
  }
  const field = checksumOffset(protocol);
  store<u16>(l4 + field, <u16>foldSum(pseudoHeaderSum(key, l4Length)));
  store<u8>(segment, VNET_F_NEEDS_CSUM, PACKET_VNET_FLAGS);
  store<u8>(segment, VNET_GSO_NONE, PACKET_GSO_TYPE);
  store<u16>(segment, 0, PACKET_GSO_SIZE);
  store<u16>(segment, load<u16>(segment, PACKET_L7), PACKET_HDR_LEN);
  store<u16>(segment, <u16>l4Offset, PACKET_CSUM_START);
  store<u16>(segment, <u16>field, PACKET_CSUM_OFFSET);
}
