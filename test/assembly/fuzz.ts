/**
 * Fuzzing inside the module: mutated frames through the parser and through every edit, millions a second.
 *
 * What: a room of guard | headroom | frame | guard holds a frame from the corpus, broken at random; records and keys next to
 *   the one in use are guards too. Each round checks what must hold for any bytes; the first round that breaks something ends
 *   the run and its number is the answer, so that a run with the same seed can be stopped there.
 * Invariants: as the corpus, everything lives in linear memory given by the caller; the module has no data of its own.
 */

import { popMpls } from "../../assembly/actions/pop-mpls.ts";
import { popVlan } from "../../assembly/actions/pop-vlan.ts";
import { pushMpls } from "../../assembly/actions/push-mpls.ts";
import { pushVlan } from "../../assembly/actions/push-vlan.ts";
import { setArp } from "../../assembly/actions/set-arp.ts";
import { setEthernet } from "../../assembly/actions/set-ethernet.ts";
import { setIcmp } from "../../assembly/actions/set-icmp.ts";
import { setIpv4 } from "../../assembly/actions/set-ipv4.ts";
import { setIpv6 } from "../../assembly/actions/set-ipv6.ts";
import { setMetadata } from "../../assembly/actions/set-metadata.ts";
import { setMpls } from "../../assembly/actions/set-mpls.ts";
import { setNd } from "../../assembly/actions/set-nd.ts";
import { setTransport } from "../../assembly/actions/set-transport.ts";
import { setTunnel } from "../../assembly/actions/set-tunnel.ts";
import { setVlan } from "../../assembly/actions/set-vlan.ts";
import { CONTROL_POOL_NEXT } from "../../assembly/layout/control.ts";
import { KEY_ETH_DST, KEY_EXTENT_IPV4, KEY_SIZE, KEY_STRIDE } from "../../assembly/layout/key.ts";
import { CLONE_HEAD_SIZE, PACKET_CSUM_OFFSET, PACKET_CSUM_START, PACKET_DATA, PACKET_GSO_SIZE, PACKET_GSO_TYPE, PACKET_HEADROOM, PACKET_HEAD_LENGTH, PACKET_IN_PORT, PACKET_KEY, PACKET_KEY_EXTENT, PACKET_L3, PACKET_L3_LENGTH, PACKET_L4, PACKET_L7, PACKET_LENGTH, PACKET_MIN_HEADROOM, PACKET_PAYLOAD, PACKET_SIZE, PACKET_VNET_FLAGS } from "../../assembly/layout/packet.ts";
import { CONTROL_BASE, KEYS_BASE, PACKETS_BASE } from "../../assembly/memory.ts";
import { computeTransportChecksum, sumBytes, verifyTransportChecksum } from "../../assembly/packet/checksum.ts";
import { finishChecksum, segmentPacket } from "../../assembly/packet/offload.ts";
import { parse, parseKey, reparse } from "../../assembly/packet/parse.ts";
import { allocateArrival, clonePacket, resetPool } from "../../assembly/packet/pool.ts";
import { HASHES, SAME } from "../../assembly/pass/lists.ts";
import { parseAll } from "../../assembly/pipeline.ts";

/** Of the caller's arena: guard, headroom, frame, guard; then a second room for what is not in the head; then temporaries. */
const GUARD: u32 = 256;
const FRAME_ROOM: u32 = 2048;
const ROOM_SIZE: u32 = GUARD + PACKET_MIN_HEADROOM + FRAME_ROOM + GUARD;
const PATTERN: u8 = 0xa5;
/** The third record is the one in use: two guards before it. */
const RECORD: usize = PACKETS_BASE + 2 * PACKET_SIZE;
const KEY: usize = KEYS_BASE + 2 * KEY_STRIDE;

/** xorshift64*: state in the arena's first 8 bytes. */
function random(arena: usize): u32 {
  let state = load<u64>(arena);
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  store<u64>(arena, state);
  return <u32>((state * 0x2545f4914f6cdd1d) >> 32);
}

@inline
function below(arena: usize, limit: u32): u32 {
  return <u32>((<u64>random(arena) * <u64>limit) >> 32);
}

@inline
function headRoom(arena: usize): usize {
  return arena + 64;
}

@inline
function payloadRoom(arena: usize): usize {
  return arena + 64 + ROOM_SIZE;
}

@inline
function temporaries(arena: usize): usize {
  return arena + 64 + 2 * ROOM_SIZE;
}

function prepare(arena: usize, seed: u64): void {
  store<u64>(arena, seed);
  memory.fill(headRoom(arena), PATTERN, ROOM_SIZE);
  memory.fill(payloadRoom(arena), PATTERN, ROOM_SIZE);
  memory.fill(PACKETS_BASE, 0, 8 * PACKET_SIZE);
  memory.fill(KEYS_BASE, 0, 8 * KEY_STRIDE);
}

/** A byte that means something to a parser, or any. */
function interesting(arena: usize): u8 {
  switch (below(arena, 16)) {
    case 0:
      return 0x00;
    case 1:
      return 0xff;
    case 2:
      return 0x08;
    case 3:
      return 0x81;
    case 4:
      return 0x86;
    case 5:
      return 0xdd;
    case 6:
      return 0x2c; // fragment
    case 7:
      return 0x3a; // ICMPv6
    case 8:
      return 0x06;
    case 9:
      return 0x11;
    case 10:
      return 0x45;
    case 11:
      return 0x87; // neighbor solicitation
    case 12:
      return 0x33; // authentication header
    default:
      return <u8>random(arena);
  }
}

/**
 * Breaks a frame of the corpus into the room: some bytes changed, then cut or grown. Returns its length.
 * Corpus: `count` u32 offsets from `corpus`, each to u32 length and bytes.
 */
function makeFrame(arena: usize, corpus: usize, count: u32): u32 {
  const entry = corpus + load<u32>(corpus + ((<usize>below(arena, count)) << 2));
  let length = min<u32>(load<u32>(entry), FRAME_ROOM);
  const frame = headRoom(arena) + GUARD + PACKET_MIN_HEADROOM;
  memory.copy(frame, entry + 4, length);
  for (let changes = below(arena, 5); changes != 0 && length != 0; changes--) {
    const at = below(arena, below(arena, 2) == 0 ? min<u32>(length, 64) : length);
    store<u8>(frame + at, interesting(arena));
  }
  const fate = below(arena, 8);
  if (fate == 0) length = below(arena, length + 1);
  else if (fate == 1) {
    const grown = min<u32>(length + below(arena, 64), FRAME_ROOM);
    memory.fill(frame + length, interesting(arena), grown - length);
    length = grown;
  }
  return length;
}

/** The record for a frame of `length` bytes in the room, `head` of them in the head. */
function makeRecord(arena: usize, length: u32, head: u32): void {
  memory.fill(KEY, 0, KEY_SIZE);
  memory.fill(RECORD, 0, PACKET_SIZE);
  store<u32>(RECORD, <u32>KEY, PACKET_KEY);
  store<u32>(RECORD, <u32>(headRoom(arena) + GUARD + PACKET_MIN_HEADROOM), PACKET_DATA);
  store<u32>(RECORD, length, PACKET_LENGTH);
  store<u32>(RECORD, head, PACKET_HEAD_LENGTH);
  store<u32>(RECORD, PACKET_MIN_HEADROOM, PACKET_HEADROOM);
  store<u32>(RECORD, random(arena), PACKET_IN_PORT);
  if (head < length) store<u32>(RECORD, <u32>(payloadRoom(arena) + GUARD), PACKET_PAYLOAD);
}

/** Records and keys on both sides of the one in use are still zero. */
function neighborsAreWhole(): bool {
  const before = sumBytes(RECORD - PACKET_SIZE, PACKET_SIZE, 0) + sumBytes(KEY - KEY_STRIDE, KEY_STRIDE, 0);
  const after = sumBytes(RECORD + PACKET_SIZE, PACKET_SIZE, 0) + sumBytes(KEY + KEY_SIZE, KEY_STRIDE, 0);
  return before + after == 0;
}

/** What holds for a parsed record, whatever the frame was. */
function recordIsSound(): bool {
  const length = load<u32>(RECORD, PACKET_LENGTH);
  const head = load<u32>(RECORD, PACKET_HEAD_LENGTH);
  const l3: u32 = load<u16>(RECORD, PACKET_L3);
  const l4: u32 = load<u16>(RECORD, PACKET_L4);
  const l7: u32 = load<u16>(RECORD, PACKET_L7);
  const extent = load<u32>(RECORD, PACKET_KEY_EXTENT);
  if (l3 > head || l7 > head || l3 + load<u32>(RECORD, PACKET_L3_LENGTH) > length) return false;
  if (l4 != 0 && (l4 <= l3 || l7 <= l4 || l7 > l3 + load<u32>(RECORD, PACKET_L3_LENGTH))) return false;
  if (l4 == 0 && l7 != 0) return false;
  if (extent < <u32>KEY_EXTENT_IPV4 || extent > <u32>KEY_SIZE) return false;
  return sumBytes(KEY + extent, KEY_SIZE - extent, 0) == 0;
}

@inline
function sameBytes(a: usize, b: usize, length: usize): bool {
  return memory.compare(a, b, length) == 0;
}

/**
 * `rounds` mutated frames through `parse`. 0: all well; else the number of the round that broke one of:
 * offsets within the frame; key zero past its extent; neighbors, guards and the frame itself untouched; the same key whatever
 * lies after the head; the same key again from `reparse`.
 */
export function fuzzParse(arena: usize, corpus: usize, count: u32, rounds: u32, seed: u64): u32 {
  prepare(arena, seed);
  const frame = headRoom(arena) + GUARD + PACKET_MIN_HEADROOM;
  const guard = headRoom(arena);
  const untouched = sumBytes(guard, GUARD + PACKET_MIN_HEADROOM, 0);
  for (let round: u32 = 1; round <= rounds; round++) {
    const length = makeFrame(arena, corpus, count);
    const head = below(arena, 4) == 0 ? below(arena, length + 1) : length;
    memory.fill(frame + head, 0x00, 128);
    const sum = sumBytes(frame, head, 0);
    makeRecord(arena, length, head);
    parse(RECORD);
    if (!recordIsSound() || !neighborsAreWhole()) return round;

    const copy = temporaries(arena);
    memory.copy(copy, RECORD, PACKET_SIZE);
    memory.copy(copy + PACKET_SIZE, KEY, KEY_SIZE);
    memory.fill(frame + head, 0x01, 128); // also reads as link-layer options of neighbor discovery
    reparse(RECORD);
    if (!sameBytes(copy, RECORD, PACKET_SIZE) || !sameBytes(copy + PACKET_SIZE, KEY, KEY_SIZE)) return round;
    if (sumBytes(guard, GUARD + PACKET_MIN_HEADROOM, 0) != untouched || sumBytes(frame, head, 0) != sum) return round;
  }
  return 0;
}

/** Frames of a row lie apart from each other in the caller's arena, behind rooms and temporaries. */
const ROW: u32 = 4;
const ROW_ROOM: usize = 0x1000;
const ROW_AT: usize = 0x4000;
const ETHERNET_SIZE: u32 = 14;

/**
 * `rounds` rows of frames, each frame the one before but for a byte, its length, its head or its port, or for nothing, parsed as a
 * batch is. 0: all well; else the number of the round that broke one of: record, key and hash are what the frame alone yields; key zero
 * past its extent; who is marked as having the key of the packet before has it.
 */
export function fuzzRows(arena: usize, corpus: usize, count: u32, rounds: u32, seed: u64): u32 {
  prepare(arena, seed);
  for (let round: u32 = 1; round <= rounds; round++) {
    makeRow(arena, max<u32>(makeFrame(arena, corpus, count), ETHERNET_SIZE));
    parseAll(PACKETS_BASE, PACKETS_BASE + ROW * PACKET_SIZE);
    for (let i: u32 = 0; i < ROW; i++) {
      if (!isParsedAlone(arena, i)) return round;
    }
  }
  return 0;
}

function makeRow(arena: usize, length: u32): void {
  resetPool();
  let head = length;
  let port: u32 = 1;
  let before = headRoom(arena) + GUARD + PACKET_MIN_HEADROOM;
  for (let i: u32 = 0; i < ROW; i++) {
    const frame = arena + ROW_AT + <usize>i * ROW_ROOM;
    memory.copy(frame, before, FRAME_ROOM);
    before = frame;
    const fate = below(arena, 16);
    if (fate < 6) {
      const at = below(arena, below(arena, 4) == 0 ? length : min<u32>(length, 64));
      store<u8>(frame + at, interesting(arena));
    } else if (fate == 6) length = ETHERNET_SIZE + below(arena, length - ETHERNET_SIZE + 1);
    else if (fate == 7) head = below(arena, length + 1);
    else if (fate == 8) port = below(arena, 4);
    head = min<u32>(head, length);
    const packet = allocateArrival();
    store<u32>(packet, <u32>frame, PACKET_DATA);
    store<u32>(packet, length, PACKET_LENGTH);
    store<u32>(packet, head, PACKET_HEAD_LENGTH);
    store<u32>(packet, port, PACKET_IN_PORT);
    if (below(arena, 4) != 0) continue;
    store<u8>(packet, <u8>below(arena, 2), PACKET_VNET_FLAGS);
    store<u16>(packet, <u16>below(arena, 64), PACKET_CSUM_START);
    store<u16>(packet, <u16>(6 + below(arena, 2) * 10), PACKET_CSUM_OFFSET);
  }
}

/** Whether the parser has marked packet `i` of a row as having the key of the packet before it. */
export function isMarkedSame(i: u32): bool {
  return load<u32>(SAME + (<usize>i << 2)) != 0;
}

/** Whether packet `i` of the row came out as if it were alone, and is marked rightly. */
function isParsedAlone(arena: usize, i: u32): bool {
  const packet = PACKETS_BASE + <usize>i * PACKET_SIZE;
  const key = KEYS_BASE + <usize>i * KEY_STRIDE;
  const place = <usize>i << 2;
  const extent = load<u32>(packet, PACKET_KEY_EXTENT);
  if (sumBytes(key + extent, KEY_SIZE - extent, 0) != 0) return false;
  const same = load<u32>(SAME + place);
  if (same != 0 && (i == 0 || load<u32>(HASHES + place - 4) != load<u32>(HASHES + place))) return false;
  if (same != 0 && !sameBytes(key, key - KEY_STRIDE, KEY_SIZE)) return false;
  const copy = temporaries(arena);
  memory.copy(copy, packet, PACKET_SIZE);
  memory.copy(copy + PACKET_SIZE, key, KEY_SIZE);
  const hash = parseKey(packet);
  if (hash != load<u32>(HASHES + place)) return false;
  return sameBytes(copy, packet, PACKET_SIZE) && sameBytes(copy + PACKET_SIZE, key, KEY_SIZE);
}

/** A virtio-net header that may or may not fit the packet. */
function randomOffload(arena: usize): void {
  const shape = below(arena, 4);
  if (shape == 0) return;
  store<u8>(RECORD, <u8>below(arena, 4), PACKET_VNET_FLAGS);
  const start = shape == 1 ? random(arena) : <u32>load<u16>(RECORD, PACKET_L4);
  store<u16>(RECORD, <u16>start, PACKET_CSUM_START);
  store<u16>(RECORD, shape == 1 ? <u16>random(arena) : <u16>(6 + below(arena, 2) * 10), PACKET_CSUM_OFFSET);
  store<u8>(RECORD, <u8>below(arena, 6), PACKET_GSO_TYPE);
  store<u16>(RECORD, <u16>below(arena, shape == 1 ? 65536 : 64), PACKET_GSO_SIZE);
}

/** Bytes of value and mask for any instruction; TPIDs and MPLS types that make sense half of the time. */
function randomInstruction(arena: usize): usize {
  const instruction = temporaries(arena) + 1024;
  for (let at: usize = 8; at < 8 + 2 * 200; at += 4) {
    const mask = below(arena, 3);
    store<u32>(instruction + at, mask == 0 ? 0 : mask == 1 ? 0xffffffff : random(arena));
  }
  switch (below(arena, 4)) {
    case 0:
      store<u16>(instruction, 0x0081, 8);
      break;
    case 1:
      store<u16>(instruction, 0xa888, 8);
      break;
    case 2:
      store<u16>(instruction, 0x4788, 8);
      break;
    default:
      break;
  }
  return instruction;
}

function randomEdit(arena: usize, instruction: usize): void {
  switch (below(arena, 20)) {
    case 0:
      setEthernet(RECORD, instruction);
      break;
    case 1:
      setIpv4(RECORD, instruction);
      break;
    case 2:
      setIpv6(RECORD, instruction);
      break;
    case 3:
      setTransport(RECORD, instruction);
      break;
    case 4:
      setIcmp(RECORD, instruction);
      break;
    case 5:
      setArp(RECORD, instruction);
      break;
    case 6:
      setNd(RECORD, instruction);
      break;
    case 7:
      setVlan(RECORD, instruction);
      break;
    case 8:
      setMetadata(RECORD, instruction);
      break;
    case 9:
      setTunnel(RECORD, instruction);
      break;
    case 10:
      setMpls(RECORD, instruction);
      break;
    case 11:
    case 12:
      pushVlan(RECORD, instruction);
      break;
    case 13:
    case 14:
      popVlan(RECORD, instruction);
      break;
    case 15:
      pushMpls(RECORD, instruction);
      break;
    case 16:
      popMpls(RECORD, instruction);
      break;
    case 17:
      computeTransportChecksum(RECORD);
      break;
    case 18:
      finishChecksum(RECORD);
      break;
    default:
      verifyTransportChecksum(RECORD);
      break;
  }
}

/**
 * `rounds` mutated frames, each through up to eight random edits, then cloned and segmented. 0: all well; else the number of the
 * round that broke one of: guards untouched; the key is what parsing the edited frame again yields.
 */
export function fuzzEdits(arena: usize, corpus: usize, count: u32, rounds: u32, seed: u64): u32 {
  prepare(arena, seed);
  const guard = headRoom(arena);
  const payload = payloadRoom(arena);
  const frame = guard + GUARD + PACKET_MIN_HEADROOM;
  for (let round: u32 = 1; round <= rounds; round++) {
    memory.fill(guard, PATTERN, GUARD);
    const length = makeFrame(arena, corpus, count);
    const head = below(arena, 2) == 0 ? min<u32>(length, CLONE_HEAD_SIZE) : length;
    memory.fill(frame + head, PATTERN, GUARD);
    makeRecord(arena, length, head);
    const untouched = sumBytes(guard, GUARD, 0) + sumBytes(frame + head, GUARD, 0) + sumBytes(payload, ROOM_SIZE, 0);
    parse(RECORD);
    randomOffload(arena);
    parse(RECORD);
    for (let edits = below(arena, 8); edits != 0; edits--) {
      randomEdit(arena, randomInstruction(arena));
      if (!recordIsSound() || !neighborsAreWhole()) return round;
      const copy = temporaries(arena);
      memory.copy(copy, RECORD, PACKET_SIZE);
      memory.copy(copy + PACKET_SIZE, KEY, KEY_SIZE);
      reparse(RECORD);
      if (!sameBytes(copy, RECORD, PACKET_SIZE)) return round;
      if (!sameBytes(copy + PACKET_SIZE + KEY_ETH_DST, KEY + KEY_ETH_DST, KEY_SIZE - KEY_ETH_DST)) return round;
    }
    if (sumBytes(guard, GUARD, 0) + sumBytes(frame + head, GUARD, 0) + sumBytes(payload, ROOM_SIZE, 0) != untouched)
      return round;

    store<u32>(CONTROL_BASE, 8, CONTROL_POOL_NEXT); // records and keys of the guards stay out of it
    const clone = clonePacket(RECORD);
    segmentPacket(clone);
    segmentPacket(RECORD);
    if (sumBytes(guard, GUARD, 0) + sumBytes(frame + head, GUARD, 0) + sumBytes(payload, ROOM_SIZE, 0) != untouched)
      return round;
  }
  return 0;
}
