/**
 * One mask probed for all packets that still look for their megaflow.
 *
 *   LOOKUP_BASE  +0     u32[PACKET_SLOTS] keys of the packets that look for a megaflow
 *                +4Ki   u32[PACKET_SLOTS] where each one's megaflow is to be stored
 *                +8Ki   candidates: packets for which a mask may have the flow, CANDIDATE_SIZE each
 *
 * What: packets in the inner loop, so that the mask's blocks stay in registers and the packets' memory accesses overlap.
 * Cost: 3 ns a packet and mask of three blocks.
 */
import { MASK_HASHED_COUNT, MASK_LAST_BUCKET, MASK_TABLE } from "../layout/mask.ts";
import { PIPELINE_BASE } from "../memory.ts";
import { blockOffset, finish, hashedPlace, maskBlock, factorsOf, product, sumMasked } from "./masked-key.ts";
import { mayHold } from "./megaflow-table.ts";

const LOOKUP_BASE: usize = PIPELINE_BASE + 0x1_8000;
export const KEYS: usize = LOOKUP_BASE;
export const RESULTS: usize = LOOKUP_BASE + 0x1000;
export const CANDIDATES: usize = LOOKUP_BASE + 0x2000;
/** u32 place in the lists, u32 hash, u32 mask, u32 the flow that it will probably be. */
export const CANDIDATE_SIZE: usize = 16;
export const CANDIDATE_PLACE: usize = 0;
export const CANDIDATE_HASH: usize = 4;
export const CANDIDATE_MASK: usize = 8;
export const CANDIDATE_FLOW: usize = 12;
/** Masks that may be probed between two looks at the candidates. */
export const CANDIDATE_MASKS: u32 = 16;

/** Appends those of the first `count` packets that may have a flow of the mask to the candidates; their new end. */
export function probe(mask: usize, count: u32, found: usize): usize {
  const end = <usize>count << 2;
  switch (load<u32>(mask, MASK_HASHED_COUNT)) {
    case 1:
      return probeOne(mask, end, found);
    case 2:
      return probeTwo(mask, end, found);
    case 3:
      return probeThree(mask, end, found);
    case 4:
      return probeFour(mask, end, found);
    default:
      return probeMany(mask, end, found);
  }
}

/** Appends a packet when the mask may have its flow; the new end of the list. */
@inline
function collect(sum: v128, mask: usize, table: usize, last: u32, at: usize, found: usize): usize {
  const hash = finish(sum);
  if (!mayHold(table, last, hash)) return found;
  store<u32>(found, <u32>at, CANDIDATE_PLACE);
  store<u32>(found, hash, CANDIDATE_HASH);
  store<u32>(found, <u32>mask, CANDIDATE_MASK);
  return found + CANDIDATE_SIZE;
}

@inline
function masked(key: usize, offset: usize, mask: v128, factors: v128): v128 {
  return product(v128.and(v128.load(key + offset), mask), factors);
}

function probeOne(mask: usize, end: usize, first: usize): usize {
  const table: usize = load<u32>(mask, MASK_TABLE);
  const last = load<u32>(mask, MASK_LAST_BUCKET);
  const a = blockOffset(mask, hashedPlace(mask, 0));
  const maskA = maskBlock(mask, hashedPlace(mask, 0));
  const factorsA = factorsOf(a);
  let found = first;
  for (let at: usize = 0; at < end; at += 4) {
    const key: usize = load<u32>(KEYS + at);
    found = collect(masked(key, a, maskA, factorsA), mask, table, last, at, found);
  }
  return found;
}

function probeTwo(mask: usize, end: usize, first: usize): usize {
  const table: usize = load<u32>(mask, MASK_TABLE);
  const last = load<u32>(mask, MASK_LAST_BUCKET);
  const a = blockOffset(mask, hashedPlace(mask, 0));
  const b = blockOffset(mask, hashedPlace(mask, 1));
  const maskA = maskBlock(mask, hashedPlace(mask, 0));
  const maskB = maskBlock(mask, hashedPlace(mask, 1));
  const factorsA = factorsOf(a);
  const factorsB = factorsOf(b);
  let found = first;
  for (let at: usize = 0; at < end; at += 4) {
    const key: usize = load<u32>(KEYS + at);
    const sum = i32x4.add(masked(key, a, maskA, factorsA), masked(key, b, maskB, factorsB));
    found = collect(sum, mask, table, last, at, found);
  }
  return found;
}

function probeThree(mask: usize, end: usize, first: usize): usize {
  const table: usize = load<u32>(mask, MASK_TABLE);
  const last = load<u32>(mask, MASK_LAST_BUCKET);
  const a = blockOffset(mask, hashedPlace(mask, 0));
  const b = blockOffset(mask, hashedPlace(mask, 1));
  const c = blockOffset(mask, hashedPlace(mask, 2));
  const maskA = maskBlock(mask, hashedPlace(mask, 0));
  const maskB = maskBlock(mask, hashedPlace(mask, 1));
  const maskC = maskBlock(mask, hashedPlace(mask, 2));
  const factorsA = factorsOf(a);
  const factorsB = factorsOf(b);
  const factorsC = factorsOf(c);
  let found = first;
  for (let at: usize = 0; at < end; at += 4) {
    const key: usize = load<u32>(KEYS + at);
    let sum = i32x4.add(masked(key, a, maskA, factorsA), masked(key, b, maskB, factorsB));
    sum = i32x4.add(sum, masked(key, c, maskC, factorsC));
    found = collect(sum, mask, table, last, at, found);
  }
  return found;
}

function probeFour(mask: usize, end: usize, first: usize): usize {
  const table: usize = load<u32>(mask, MASK_TABLE);
  const last = load<u32>(mask, MASK_LAST_BUCKET);
  const a = blockOffset(mask, hashedPlace(mask, 0));
  const b = blockOffset(mask, hashedPlace(mask, 1));
  const c = blockOffset(mask, hashedPlace(mask, 2));
  const d = blockOffset(mask, hashedPlace(mask, 3));
  const maskA = maskBlock(mask, hashedPlace(mask, 0));
  const maskB = maskBlock(mask, hashedPlace(mask, 1));
  const maskC = maskBlock(mask, hashedPlace(mask, 2));
  const maskD = maskBlock(mask, hashedPlace(mask, 3));
  const factorsA = factorsOf(a);
  const factorsB = factorsOf(b);
  const factorsC = factorsOf(c);
  const factorsD = factorsOf(d);
  let found = first;
  for (let at: usize = 0; at < end; at += 4) {
    const key: usize = load<u32>(KEYS + at);
    const low = i32x4.add(masked(key, a, maskA, factorsA), masked(key, b, maskB, factorsB));
    const high = i32x4.add(masked(key, c, maskC, factorsC), masked(key, d, maskD, factorsD));
    found = collect(i32x4.add(low, high), mask, table, last, at, found);
  }
  return found;
}

function probeMany(mask: usize, end: usize, first: usize): usize {
  const table: usize = load<u32>(mask, MASK_TABLE);
  const last = load<u32>(mask, MASK_LAST_BUCKET);
  let found = first;
  for (let at: usize = 0; at < end; at += 4) {
    found = collect(sumMasked(load<u32>(KEYS + at), mask), mask, table, last, at, found);
  }
  return found;
}
