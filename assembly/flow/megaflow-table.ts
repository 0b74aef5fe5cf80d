/**
 * One mask's megaflows: a hash table of 64-byte buckets, each one cache line.
 *
 *   +0  u32[7] signatures (the flow's hash, 0 = empty)    +28 u32 flows that found this bucket full and went on
 *   +32 u32[7] flow records                               +60 free
 *
 * What: a look-up compares seven signatures with two SIMD instructions and goes on to the next bucket only when some
 *   flow had to. Counting those makes removal exact: no tombstones, no rebuilding.
 * Invariants: buckets are a power of two; a flow's home is hash & MASK_LAST_BUCKET; all hashes have their top bit set.
 * Cost: one line a miss, two or three a hit. Growing moves all signatures at once (below 10 ms for 200 000 flows) without
 *   touching the flows themselves, because the signature is the whole hash.
 * Not handled: shrinking, except that an empty table gives its memory back.
 */
import { FLOW_HASH, MASK_FLOWS, MASK_LAST_BUCKET, MASK_TABLE } from "../layout.ts";
import { matches } from "./masked-key.ts";
import { allocateBuckets, BUCKET_SIZE_LOG2, freeBuckets } from "./subtable-memory.ts";

const SLOTS: u32 = 7;
const PASSED: usize = 28;
const FLOWS: usize = 32;
/** Flows a bucket on average, past which the table doubles: below it nine look-ups of ten need one bucket. */
const FULL_AT: u32 = 5;

/** Bit n set: slot n of the bucket has the signature. */
@inline
function slotsWith(bucket: usize, signature: v128): i32 {
  const low = i32x4.bitmask(i32x4.eq(v128.load(bucket), signature));
  const high = i32x4.bitmask(i32x4.eq(v128.load(bucket, 16), signature)) & 7; // lane 3 counts, it is no signature
  return low | (high << 4);
}

/** The flow of `mask` that covers the key, 0 = none. */
@inline
export function findFlow(mask: usize, key: usize, hash: u32): usize {
  const last = load<u32>(mask, MASK_LAST_BUCKET);
  const table: usize = load<u32>(mask, MASK_TABLE);
  const signature = i32x4.splat(hash);
  let home = hash & last;
  for (let probes: u32 = 0; probes <= last; probes++) {
    const bucket = table + (<usize>home << BUCKET_SIZE_LOG2);
    let slots = slotsWith(bucket, signature);
    while (slots != 0) {
      const flow: usize = load<u32>(bucket + (<usize>ctz(slots) << 2), FLOWS);
      if (matches(flow, mask, key)) return flow;
      slots &= slots - 1;
    }
    if (load<u32>(bucket, PASSED) == 0) return 0;
    home = (home + 1) & last;
  }
  return 0;
}

/** Puts a flow into a table that has an empty slot. */
function place(table: usize, last: u32, hash: u32, flow: u32): void {
  const empty = i32x4.splat(0);
  let home = hash & last;
  while (true) {
    const bucket = table + (<usize>home << BUCKET_SIZE_LOG2);
    const slots = slotsWith(bucket, empty);
    if (slots != 0) {
      const slot = <usize>ctz(slots) << 2;
      store<u32>(bucket + slot, hash);
      store<u32>(bucket + slot, flow, FLOWS);
      return;
    }
    store<u32>(bucket, load<u32>(bucket, PASSED) + 1, PASSED);
    home = (home + 1) & last;
  }
}

/** Doubles the table; false when there is no memory for it. */
function grow(mask: usize): bool {
  const last = load<u32>(mask, MASK_LAST_BUCKET);
  const table: usize = load<u32>(mask, MASK_TABLE);
  const grown = allocateBuckets((last + 1) << 1);
  if (grown == 0) return false;
  const grownLast = (last << 1) | 1;
  for (let index: u32 = 0; index <= last; index++) {
    const bucket = table + (<usize>index << BUCKET_SIZE_LOG2);
    for (let slot: usize = 0; slot < SLOTS; slot++) {
      const hash = load<u32>(bucket + (slot << 2));
      if (hash != 0) place(grown, grownLast, hash, load<u32>(bucket + (slot << 2), FLOWS));
    }
  }
  store<u32>(mask, <u32>grown, MASK_TABLE);
  store<u32>(mask, grownLast, MASK_LAST_BUCKET);
  freeBuckets(table, last + 1);
  return true;
}

/** Links a flow whose FLOW_HASH is set; false when memory has run out. */
export function addFlow(mask: usize, flow: usize): bool {
  const flows = load<u32>(mask, MASK_FLOWS);
  if (flows == 0) {
    const table = allocateBuckets(1);
    if (table == 0) return false;
    store<u32>(mask, <u32>table, MASK_TABLE);
    store<u32>(mask, 0, MASK_LAST_BUCKET);
  } else {
    const buckets = load<u32>(mask, MASK_LAST_BUCKET) + 1;
    if (flows >= buckets * FULL_AT && !grow(mask) && flows >= buckets * SLOTS) return false;
  }
  place(load<u32>(mask, MASK_TABLE), load<u32>(mask, MASK_LAST_BUCKET), load<u32>(flow, FLOW_HASH), <u32>flow);
  store<u32>(mask, flows + 1, MASK_FLOWS);
  return true;
}

/** Unlinks a flow; false when it is not in the table. */
export function deleteFlow(mask: usize, flow: usize): bool {
  const flows = load<u32>(mask, MASK_FLOWS);
  if (flows == 0) return false;
  const last = load<u32>(mask, MASK_LAST_BUCKET);
  const table: usize = load<u32>(mask, MASK_TABLE);
  const home = load<u32>(flow, FLOW_HASH) & last;
  for (let probes: u32 = 0; probes <= last; probes++) {
    const bucket = table + (<usize>((home + probes) & last) << BUCKET_SIZE_LOG2);
    for (let slot: usize = 0; slot < SLOTS; slot++) {
      if (load<u32>(bucket + (slot << 2), FLOWS) != <u32>flow) continue;
      store<u32>(bucket + (slot << 2), 0);
      store<u32>(bucket + (slot << 2), 0, FLOWS);
      unpass(table, last, home, probes);
      store<u32>(mask, flows - 1, MASK_FLOWS);
      if (flows == 1) dissolve(mask, table, last);
      return true;
    }
    if (load<u32>(bucket, PASSED) == 0) return false;
  }
  return false;
}

/** Takes back the counts that the removed flow left in the buckets it had passed. */
function unpass(table: usize, last: u32, home: u32, passed: u32): void {
  for (let i: u32 = 0; i < passed; i++) {
    const bucket = table + (<usize>((home + i) & last) << BUCKET_SIZE_LOG2);
    store<u32>(bucket, load<u32>(bucket, PASSED) - 1, PASSED);
  }
}

function dissolve(mask: usize, table: usize, last: u32): void {
  freeBuckets(table, last + 1);
  store<u32>(mask, 0, MASK_TABLE);
  store<u32>(mask, 0, MASK_LAST_BUCKET);
}
