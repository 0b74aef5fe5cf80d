/**
 * One mask probed for all packets that still look for their megaflow.
 *
 *   LOOKUP_BASE  +0     u32[PACKET_SLOTS] keys of the packets that look for a megaflow
 *                +4Ki   u32[PACKET_SLOTS] where each one's megaflow is to be stored
 *                +8Ki   u64[PACKET_SLOTS] those for which the mask at hand has a candidate: u32 place in the lists | u32 hash
 *
 * What: packets in the inner loop, so that the mask's blocks stay in registers, the packets' memory accesses overlap, and no
 *   branch depends on what is found: candidates are collected by adding to a count.
 * Cost: 3 ns a packet and mask of three blocks.
 */
import { MASK_HASHED_COUNT, MASK_LAST_BUCKET, MASK_TABLE } from "../layout.ts";
import { PIPELINE_BASE } from "../memory.ts";
import { blockOffset, finish, hashedPlace, maskBlock, padOf, product, sumMasked } from "./masked-key.ts";
import { candidates } from "./megaflow-table.ts";

const LOOKUP_BASE: usize = PIPELINE_BASE + 0x1_8000;
export const KEYS: usize = LOOKUP_BASE;
export const RESULTS: usize = LOOKUP_BASE + 0x1000;
export const CANDIDATES: usize = LOOKUP_BASE + 0x2000;

/** Puts those of the first `count` packets in the list that may have a flow of the mask; how many these are. */
export function probe(mask: usize, count: u32): u32 {
  const end = <usize>count << 2;
  let found: usize = CANDIDATES;
  switch (load<u32>(mask, MASK_HASHED_COUNT)) {
    case 1:
      found = probeOne(mask, end);
      break;
    case 2:
      found = probeTwo(mask, end);
      break;
    case 3:
      found = probeThree(mask, end);
      break;
    case 4:
      found = probeFour(mask, end);
      break;
    default:
      found = probeMany(mask, end);
  }
  return <u32>((found - CANDIDATES) >> 3);
}

/** Appends a packet when its home has a candidate; the new end of the list. */
@inline
function collect(sum: v128, table: usize, last: u32, at: usize, found: usize): usize {
  const hash = finish(sum);
  store<u64>(found, (<u64>at) | ((<u64>hash) << 32));
  return found + (<usize>(candidates(table, last, hash) != 0) << 3);
}

@inline
function masked(key: usize, offset: usize, mask: v128, pad: v128): v128 {
  return product(v128.and(v128.load(key + offset), mask), pad);
}

function probeOne(mask: usize, end: usize): usize {
  const table: usize = load<u32>(mask, MASK_TABLE);
  const last = load<u32>(mask, MASK_LAST_BUCKET);
  const a = blockOffset(mask, hashedPlace(mask, 0));
  const maskA = maskBlock(mask, hashedPlace(mask, 0));
  const padA = padOf(a);
  let found: usize = CANDIDATES;
  for (let at: usize = 0; at < end; at += 4) {
    const key: usize = load<u32>(KEYS + at);
    found = collect(masked(key, a, maskA, padA), table, last, at, found);
  }
  return found;
}

function probeTwo(mask: usize, end: usize): usize {
  const table: usize = load<u32>(mask, MASK_TABLE);
  const last = load<u32>(mask, MASK_LAST_BUCKET);
  const a = blockOffset(mask, hashedPlace(mask, 0));
  const b = blockOffset(mask, hashedPlace(mask, 1));
  const maskA = maskBlock(mask, hashedPlace(mask, 0));
  const maskB = maskBlock(mask, hashedPlace(mask, 1));
  const padA = padOf(a);
  const padB = padOf(b);
  let found: usize = CANDIDATES;
  for (let at: usize = 0; at < end; at += 4) {
    const key: usize = load<u32>(KEYS + at);
    const sum = i64x2.add(masked(key, a, maskA, padA), masked(key, b, maskB, padB));
    found = collect(sum, table, last, at, found);
  }
  return found;
}

function probeThree(mask: usize, end: usize): usize {
  const table: usize = load<u32>(mask, MASK_TABLE);
  const last = load<u32>(mask, MASK_LAST_BUCKET);
  const a = blockOffset(mask, hashedPlace(mask, 0));
  const b = blockOffset(mask, hashedPlace(mask, 1));
  const c = blockOffset(mask, hashedPlace(mask, 2));
  const maskA = maskBlock(mask, hashedPlace(mask, 0));
  const maskB = maskBlock(mask, hashedPlace(mask, 1));
  const maskC = maskBlock(mask, hashedPlace(mask, 2));
  const padA = padOf(a);
  const padB = padOf(b);
  const padC = padOf(c);
  let found: usize = CANDIDATES;
  for (let at: usize = 0; at < end; at += 4) {
    const key: usize = load<u32>(KEYS + at);
    let sum = i64x2.add(masked(key, a, maskA, padA), masked(key, b, maskB, padB));
    sum = i64x2.add(sum, masked(key, c, maskC, padC));
    found = collect(sum, table, last, at, found);
  }
  return found;
}

function probeFour(mask: usize, end: usize): usize {
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
  const padA = padOf(a);
  const padB = padOf(b);
  const padC = padOf(c);
  const padD = padOf(d);
  let found: usize = CANDIDATES;
  for (let at: usize = 0; at < end; at += 4) {
    const key: usize = load<u32>(KEYS + at);
    const low = i64x2.add(masked(key, a, maskA, padA), masked(key, b, maskB, padB));
    const high = i64x2.add(masked(key, c, maskC, padC), masked(key, d, maskD, padD));
    found = collect(i64x2.add(low, high), table, last, at, found);
  }
  return found;
}

function probeMany(mask: usize, end: usize): usize {
  const table: usize = load<u32>(mask, MASK_TABLE);
  const last = load<u32>(mask, MASK_LAST_BUCKET);
  let found: usize = CANDIDATES;
  for (let at: usize = 0; at < end; at += 4) {
    found = collect(sumMasked(load<u32>(KEYS + at), mask), table, last, at, found);
  }
  return found;
}
