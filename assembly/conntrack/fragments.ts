/**
 * Fragments before the tracker: they wait until the datagram is whole, it is tracked, and they go on as fragments.
 *
 * What: as in OVS, the decision is made on the datagram put together; then each fragment leaves as it came, with the
 *   datagram's ct fields, its translated addresses, and its part of the translated payload.
 * Invariants: fragments of a datagram do not overlap. An exact repetition is dropped alone; anything else that
 *   overlaps drops the whole datagram (RFC 5722; OVS marks the later fragment invalid). All is bounded: slots,
 *   datagrams, fragments in a datagram, 15 s of patience.
 * Not handled: fragments that expire are dropped (OVS lets them go on as invalid). A datagram whose fragments do not
 *   fit into what is left of the batch's packet records is dropped.
 */

import { count, countMany, drop } from "../counters.ts";
import { CONTROL_NOW } from "../layout/control.ts";
import { COUNTER_DROP, COUNTER_REASSEMBLED, DROP_FRAGMENT_EXPIRED, DROP_NO_BUFFER } from "../layout/counter.ts";
import { FRAG_DATAGRAM_BYTES, FRAG_DATAGRAM_COUNT, FRAG_DATAGRAM_FIRST, FRAG_DATAGRAM_KEY, FRAG_DATAGRAM_TOTAL, FRAG_ENABLED, FRAG_MAX_PER_DATAGRAM, FRAG_MIN_SIZE, FRAG_SLOT_END, FRAG_SLOT_FRAME, FRAG_SLOT_HEADER, FRAG_SLOT_KEY, FRAG_SLOT_NEXT, FRAG_SLOT_NEXT_HEADER, FRAG_SLOT_RECORD, FRAG_SLOT_START, FRAG_STAT_ACCEPTED, FRAG_STAT_COMPLETED, FRAG_STAT_OVERLAP, FRAG_STAT_TOO_SMALL, FRAG_WHOLE } from "../layout/fragments.ts";
import { CT_STATE_INVALID, KEY_RECIRC_ID, KEY_SIZE, KEY_STRIDE } from "../layout/key.ts";
import { PACKET_CSUM_OFFSET, PACKET_DATA, PACKET_FLAGS, PACKET_FLAG_REASSEMBLED, PACKET_HEADROOM, PACKET_HEAD_LENGTH, PACKET_KEY, PACKET_KEY_EXTENT, PACKET_L3, PACKET_L3_LENGTH, PACKET_LENGTH, PACKET_PAYLOAD, PACKET_SIZE, PACKET_VNET_FLAGS } from "../layout/packet.ts";
import { OP_CT_ZONE } from "../layout/program.ts";
import { CONTROL_BASE, FRAGMENTS_BASE } from "../memory.ts";
import { finishIpv4Checksum } from "../packet/checksum.ts";
import { reparse } from "../packet/parse.ts";
import { packetsLeft } from "../packet/pool.ts";
import {
  describeFragment,
  FRAGMENT,
  FRAGMENT_ADDRESSES,
  FRAGMENT_END,
  FRAGMENT_HEADER,
  FRAGMENT_ID,
  FRAGMENT_KEY,
  FRAGMENT_LAST,
  FRAGMENT_NEXT_HEADER,
  FRAGMENT_START,
} from "./fragment.ts";
import { releaseFragments } from "./fragment-release.ts";
import { countFragments, datagramOf, discardDatagram, releaseDatagram, takeSlot } from "./fragment-store.ts";
import { writeInvalid } from "./metadata.ts";
import { PASSED, passConnection } from "./pass.ts";
import { isIpv6 } from "./tuple.ts";

const WHOLE: usize = FRAGMENTS_BASE + FRAG_WHOLE;
const WHOLE_KEY: usize = WHOLE + PACKET_SIZE;
const WHOLE_FRAME: usize = WHOLE + 1024;
const FRAGMENT_HEADER_SIZE: u32 = 8;
const MAX_IP_LENGTH: u32 = 65535;

/** Runs OP_CT on a fragment: the list of fragments that go on now, 0 = it waits, or was dropped. */
export function trackFragment(packet: usize, instruction: usize): usize {
  const zone = <u32>load<u16>(instruction, OP_CT_ZONE);
  if (!describeFragment(packet, zone)) return passInvalid(packet, zone);
  const key = load<u32>(FRAGMENT, FRAGMENT_KEY);
  const version: usize = isIpv6(key) ? 4 : 0;
  if (load<u32>(FRAGMENTS_BASE + version, FRAG_ENABLED) == 0) return passInvalid(packet, zone);
  const last = load<u32>(FRAGMENT, FRAGMENT_LAST) != 0;
  if (!last && load<u32>(packet, PACKET_L3_LENGTH) < load<u32>(FRAGMENTS_BASE + version, FRAG_MIN_SIZE)) {
    countFragments(key, FRAG_STAT_TOO_SMALL, 1);
    return passInvalid(packet, zone);
  }
  const datagram = datagramOf(
    FRAGMENT + FRAGMENT_ADDRESSES,
    load<u32>(FRAGMENT, FRAGMENT_ID),
    key,
    load<u32>(load<u32>(packet, PACKET_KEY), KEY_RECIRC_ID),
    load<u64>(CONTROL_BASE, CONTROL_NOW),
  );
  if (datagram == 0 || !hold(packet, datagram)) {
    drop(packet, DROP_FRAGMENT_EXPIRED);
    return 0;
  }
  const total = load<u32>(datagram, FRAG_DATAGRAM_TOTAL);
  if (total == 0 || load<u32>(datagram, FRAG_DATAGRAM_BYTES) != total) return 0;
  return decide(datagram, instruction);
}

function passInvalid(packet: usize, zone: u32): usize {
  writeInvalid(packet, CT_STATE_INVALID, zone);
  return packet;
}

/** Puts the fragment described into its datagram; false when it or the whole datagram was refused. */
function hold(packet: usize, datagram: usize): bool {
  const start = load<u32>(FRAGMENT, FRAGMENT_START);
  const end = load<u32>(FRAGMENT, FRAGMENT_END);
  const last = load<u32>(FRAGMENT, FRAGMENT_LAST) != 0;
  const total = load<u32>(datagram, FRAG_DATAGRAM_TOTAL);
  let place = datagram + FRAG_DATAGRAM_FIRST;
  let before: u32 = 0;
  let next = <usize>load<u32>(place);
  while (next != 0 && load<u32>(next, FRAG_SLOT_START) < start) {
    before = load<u32>(next, FRAG_SLOT_END);
    place = next + FRAG_SLOT_NEXT;
    next = <usize>load<u32>(place);
  }
  if (next != 0 && load<u32>(next, FRAG_SLOT_START) == start && load<u32>(next, FRAG_SLOT_END) == end) {
    countFragments(load<u32>(datagram, FRAG_DATAGRAM_KEY), FRAG_STAT_OVERLAP, 1);
    return false;
  }
  const overlaps = before > start || (next != 0 && load<u32>(next, FRAG_SLOT_START) < end);
  const contradicts = (total != 0 && (last || end > total)) || (last && next != 0);
  if (overlaps || contradicts || load<u32>(datagram, FRAG_DATAGRAM_COUNT) >= <u32>FRAG_MAX_PER_DATAGRAM) {
    countFragments(load<u32>(datagram, FRAG_DATAGRAM_KEY), FRAG_STAT_OVERLAP, 1);
    discardDatagram(datagram);
    return false;
  }
  const slot = takeSlot();
  if (slot == 0) {
    if (load<u32>(datagram, FRAG_DATAGRAM_COUNT) == 0) releaseDatagram(datagram, false);
    return false;
  }
  copyIn(slot, packet);
  store<u32>(slot, <u32>next, FRAG_SLOT_NEXT);
  store<u32>(place, <u32>slot);
  store<u32>(datagram, load<u32>(datagram, FRAG_DATAGRAM_COUNT) + 1, FRAG_DATAGRAM_COUNT);
  store<u32>(datagram, load<u32>(datagram, FRAG_DATAGRAM_BYTES) + end - start, FRAG_DATAGRAM_BYTES);
  if (last) store<u32>(datagram, end, FRAG_DATAGRAM_TOTAL);
  countFragments(load<u32>(datagram, FRAG_DATAGRAM_KEY), FRAG_STAT_ACCEPTED, 1);
  return true;
}

/** Copies record, key and frame; the frame without Ethernet padding. */
function copyIn(slot: usize, packet: usize): void {
  store<u32>(slot, load<u32>(FRAGMENT, FRAGMENT_START), FRAG_SLOT_START);
  store<u32>(slot, load<u32>(FRAGMENT, FRAGMENT_END), FRAG_SLOT_END);
  store<u32>(slot, load<u32>(FRAGMENT, FRAGMENT_HEADER), FRAG_SLOT_HEADER);
  store<u32>(slot, load<u32>(FRAGMENT, FRAGMENT_NEXT_HEADER), FRAG_SLOT_NEXT_HEADER);
  memory.copy(slot + FRAG_SLOT_RECORD, packet, PACKET_SIZE);
  memory.copy(slot + FRAG_SLOT_KEY, load<u32>(packet, PACKET_KEY), KEY_SIZE);
  const length = <u32>load<u16>(packet, PACKET_L3) + load<u32>(packet, PACKET_L3_LENGTH);
  const head = min(load<u32>(packet, PACKET_HEAD_LENGTH), length);
  const frame = slot + FRAG_SLOT_FRAME;
  memory.copy(frame, load<u32>(packet, PACKET_DATA), head);
  if (head < length) memory.copy(frame + head, load<u32>(packet, PACKET_PAYLOAD), length - head);
  store<u32>(slot + FRAG_SLOT_RECORD, length, PACKET_LENGTH);
}

/** Tracks the whole datagram, and lets its fragments go on. */
function decide(datagram: usize, instruction: usize): usize {
  const fragments = load<u32>(datagram, FRAG_DATAGRAM_COUNT);
  if (!assemble(datagram)) {
    discardDatagram(datagram);
    return 0;
  }
  const reason = passConnection(WHOLE, instruction);
  if (reason != PASSED || packetsLeft() < fragments) {
    releaseDatagram(datagram, false);
    countMany(COUNTER_DROP + (reason == PASSED ? DROP_NO_BUFFER : reason), fragments);
    return 0;
  }
  const list = releaseFragments(datagram, WHOLE, WHOLE_FRAME);
  count(COUNTER_REASSEMBLED);
  countFragments(load<u32>(datagram, FRAG_DATAGRAM_KEY), FRAG_STAT_COMPLETED, fragments);
  releaseDatagram(datagram, true);
  return list;
}

/** Builds record, key and frame of the whole datagram at WHOLE; false when it would be too long. */
function assemble(datagram: usize): bool {
  const first = <usize>load<u32>(datagram, FRAG_DATAGRAM_FIRST);
  const record = first + FRAG_SLOT_RECORD;
  const ipv6 = isIpv6(load<u32>(datagram, FRAG_DATAGRAM_KEY));
  const total = load<u32>(datagram, FRAG_DATAGRAM_TOTAL);
  const l3 = <u32>load<u16>(record, PACKET_L3);
  const header = load<u32>(first, FRAG_SLOT_HEADER) - (ipv6 ? FRAGMENT_HEADER_SIZE : 0);
  if (header - l3 + total > MAX_IP_LENGTH) return false;

  memory.copy(WHOLE_FRAME, first + FRAG_SLOT_FRAME, header);
  for (let slot = first; slot != 0; slot = <usize>load<u32>(slot, FRAG_SLOT_NEXT)) {
    const start = load<u32>(slot, FRAG_SLOT_START);
    const payload = slot + FRAG_SLOT_FRAME + load<u32>(slot, FRAG_SLOT_HEADER);
    memory.copy(WHOLE_FRAME + header + start, payload, load<u32>(slot, FRAG_SLOT_END) - start);
  }
  const ip = WHOLE_FRAME + l3;
  if (ipv6) {
    const nextHeader = load<u8>(first + FRAG_SLOT_FRAME + header);
    store<u8>(WHOLE_FRAME + load<u32>(first, FRAG_SLOT_NEXT_HEADER), nextHeader);
    store<u16>(ip, bswap<u16>(<u16>(header - l3 - 40 + total)), 4);
  } else {
    store<u16>(ip, bswap<u16>(<u16>(header - l3 + total)), 2);
    store<u16>(ip, load<u16>(ip, 6) & 0x0040, 6); // keeps "don't fragment"
    finishIpv4Checksum(ip);
  }

  memory.copy(WHOLE, record, PACKET_SIZE);
  memory.fill(WHOLE_KEY, 0, KEY_STRIDE);
  memory.copy(WHOLE_KEY, first + FRAG_SLOT_KEY, KEY_SIZE);
  store<u32>(WHOLE, <u32>WHOLE_FRAME, PACKET_DATA);
  store<u32>(WHOLE, header + total, PACKET_LENGTH);
  store<u32>(WHOLE, header + total, PACKET_HEAD_LENGTH);
  store<u32>(WHOLE, 0, PACKET_PAYLOAD);
  store<u32>(WHOLE, 0, PACKET_HEADROOM);
  store<u32>(WHOLE, <u32>WHOLE_KEY, PACKET_KEY);
  // The parts' offload metadata says nothing about the whole: its checksum is verified.
  memory.fill(WHOLE + PACKET_VNET_FLAGS, 0, PACKET_CSUM_OFFSET + 2 - PACKET_VNET_FLAGS);
  reparse(WHOLE);
  store<u16>(WHOLE, load<u16>(WHOLE, PACKET_FLAGS) | PACKET_FLAG_REASSEMBLED, PACKET_FLAGS);
  return load<u32>(WHOLE, PACKET_KEY_EXTENT) != 0;
}
