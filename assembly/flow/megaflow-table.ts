/**
 * One mask's megaflows: a hash table of groups of seven.
 *
 *   filters  u64 a group: two bits for each flow whose home it is, chosen by the flow's hash
 *   tags     u16[8] a group: of seven flows the upper half of the hash, 0 = empty; then how many flows found this group full
 *            and went on
 *   flows    u32[8] a group: seven flow records
 *
 * What: a probe that finds nothing, the rule when there are many masks, reads one filter: those of 100 000 flows fit in a
 *   core's own cache, and one in a hundred says "maybe" in vain. A look-up then compares seven tags at once and goes on to the
 *   next group only when some flow had to. Counting those makes removal exact: no tombstones, no rebuilding.
 * Invariants: groups are a power of two; a flow's home is hash & MASK_LAST_BUCKET; no tag is 0.
 * Cost: one line a miss, five a hit. Growing reads every flow's hash (some 10 ms for 200 000 flows).
 * Not handled: shrinking, except that an empty table gives its memory back.
 */
import { MASK_FLOWS, MASK_LAST_BUCKET, MASK_TABLE } from "../layout/mask.ts";
import { FLOW_HASH } from "../layout/megaflow.ts";
import { matches } from "./masked-key.ts";
import { allocateGroups, filterBytes, freeGroups, GROUP_FLOWS_LOG2, GROUP_TAGS_LOG2 } from "./subtable-memory.ts";

const FILTER_LOG2: usize = 3;
const SLOTS: u32 = 7;
const PASSED: usize = 14;
const PASSED_UNKNOWN: u32 = 0xffff;
/** Flows a group on average, past which the table doubles: up to there 19 look-ups of 20 need one group. */
const FULL_AT: u32 = 4;

/** A flow's tag in each of the seven places, and 0 in the eighth. */
@inline
function tagsOf(hash: u32): v128 {
  return v128.and(i16x8.splat(<i16>(hash >> 16)), i16x8(-1, -1, -1, -1, -1, -1, -1, 0));
}

/** A flow's two bits in its home's filter; shifts count modulo 64. */
@inline
function filterBits(hash: u32): u64 {
  return ((<u64>1) << (hash >> 26)) | ((<u64>1) << (hash >> 20));
}

/** False: the table has no flow of the hash. */
@inline
export function mayHold(table: usize, last: u32, hash: u32): bool {
  const filter = load<u64>(table + (<usize>(hash & last) << FILTER_LOG2));
  return ((filter >> (hash >> 26)) & (filter >> (hash >> 20)) & 1) != 0;
}

@inline
function filterAt(table: usize, group: u32): usize {
  return table + (<usize>group << FILTER_LOG2);
}

@inline
function tagsAt(table: usize, last: u32, group: u32): usize {
  return table + filterBytes(last + 1) + (<usize>group << GROUP_TAGS_LOG2);
}

@inline
function flowsAt(table: usize, last: u32, group: u32): usize {
  return table + filterBytes(last + 1) + ((<usize>last + 1) << GROUP_TAGS_LOG2) + (<usize>group << GROUP_FLOWS_LOG2);
}

/** The first flow that a look-up would compare, for fetching its memory ahead; any readable address when there is none. */
@inline
export function firstCandidate(mask: usize, hash: u32): usize {
  const last = load<u32>(mask, MASK_LAST_BUCKET);
  const table: usize = load<u32>(mask, MASK_TABLE);
  const found = i16x8.bitmask(i16x8.eq(v128.load(tagsAt(table, last, hash & last)), tagsOf(hash)));
  return load<u32>(flowsAt(table, last, hash & last) + (<usize>ctz(found | 0x80) << 2));
}

/** The flow of `mask` that covers the key, 0 = none. */
export function findFlow(mask: usize, key: usize, hash: u32): usize {
  const last = load<u32>(mask, MASK_LAST_BUCKET);
  const table: usize = load<u32>(mask, MASK_TABLE);
  const wanted = tagsOf(hash);
  let group = hash & last;
  for (let probes: u32 = 0; probes <= last; probes++) {
    const found = i16x8.bitmask(i16x8.eq(v128.load(tagsAt(table, last, group)), wanted));
    let slots = found & 0x7f;
    while (slots != 0) {
      const flow: usize = load<u32>(flowsAt(table, last, group) + (<usize>ctz(slots) << 2));
      if (matches(flow, mask, key)) return flow;
      slots &= slots - 1;
    }
    if ((found & 0x80) != 0) return 0;
    group = (group + 1) & last;
  }
  return 0;
}

/** Puts a flow into a table that has an empty slot. */
function place(table: usize, last: u32, hash: u32, flow: u32): void {
  let group = hash & last;
  const filter = filterAt(table, group);
  store<u64>(filter, load<u64>(filter) | filterBits(hash));
  while (true) {
    const tags = tagsAt(table, last, group);
    const empty = i16x8.bitmask(i16x8.eq(v128.load(tags), i16x8.splat(0))) & 0x7f;
    if (empty != 0) {
      const slot: usize = ctz(empty);
      store<u16>(tags + (slot << 1), <u16>(hash >> 16));
      store<u32>(flowsAt(table, last, group) + (slot << 2), flow);
      return;
    }
    countPassed(tags, 1);
    group = (group + 1) & last;
  }
}

/** A count that has once reached its limit stays there: look-ups then always go on. */
@inline
function countPassed(tags: usize, change: u32): void {
  const passed: u32 = load<u16>(tags, PASSED);
  if (passed != PASSED_UNKNOWN) store<u16>(tags, <u16>(passed + change), PASSED);
}

/** Doubles the table; false when there is no memory for it. */
function grow(mask: usize): bool {
  const last = load<u32>(mask, MASK_LAST_BUCKET);
  const table: usize = load<u32>(mask, MASK_TABLE);
  const grown = allocateGroups((last + 1) << 1);
  if (grown == 0) return false;
  const grownLast = (last << 1) | 1;
  for (let group: u32 = 0; group <= last; group++) {
    for (let slot: usize = 0; slot < SLOTS; slot++) {
      if (load<u16>(tagsAt(table, last, group) + (slot << 1)) == 0) continue;
      const flow = load<u32>(flowsAt(table, last, group) + (slot << 2));
      place(grown, grownLast, load<u32>(flow, FLOW_HASH), flow);
    }
  }
  store<u32>(mask, <u32>grown, MASK_TABLE);
  store<u32>(mask, grownLast, MASK_LAST_BUCKET);
  freeGroups(table, last + 1);
  return true;
}

/** Links a flow whose FLOW_HASH is set; false when memory has run out. */
export function addFlow(mask: usize, flow: usize): bool {
  const flows = load<u32>(mask, MASK_FLOWS);
  if (flows == 0) {
    const table = allocateGroups(1);
    if (table == 0) return false;
    store<u32>(mask, <u32>table, MASK_TABLE);
    store<u32>(mask, 0, MASK_LAST_BUCKET);
  } else {
    const groups = load<u32>(mask, MASK_LAST_BUCKET) + 1;
    if (flows >= groups * FULL_AT && !grow(mask) && flows >= groups * SLOTS) return false;
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
    const group = (home + probes) & last;
    const records = flowsAt(table, last, group);
    for (let slot: usize = 0; slot < SLOTS; slot++) {
      if (load<u32>(records + (slot << 2)) != <u32>flow) continue;
      store<u16>(tagsAt(table, last, group) + (slot << 1), 0);
      store<u32>(records + (slot << 2), 0);
      unpass(table, last, home, probes);
      renewFilter(table, last, home);
      store<u32>(mask, flows - 1, MASK_FLOWS);
      if (flows == 1) dissolve(mask, table, last);
      return true;
    }
    if (load<u16>(tagsAt(table, last, group), PASSED) == 0) return false;
  }
  return false;
}

/** Takes back the counts that the removed flow left in the groups it had passed. */
function unpass(table: usize, last: u32, home: u32, passed: u32): void {
  for (let i: u32 = 0; i < passed; i++) countPassed(tagsAt(table, last, (home + i) & last), -1);
}

/** Makes a group's filter anew from the flows whose home it is: bits cannot be taken out, flows may share them. */
function renewFilter(table: usize, last: u32, home: u32): void {
  let filter: u64 = 0;
  for (let probes: u32 = 0; probes <= last; probes++) {
    const group = (home + probes) & last;
    const records = flowsAt(table, last, group);
    for (let slot: usize = 0; slot < SLOTS; slot++) {
      const flow: usize = load<u32>(records + (slot << 2));
      if (flow != 0 && (load<u32>(flow, FLOW_HASH) & last) == home) filter |= filterBits(load<u32>(flow, FLOW_HASH));
    }
    if (load<u16>(tagsAt(table, last, group), PASSED) == 0) break;
  }
  store<u64>(filterAt(table, home), filter);
}

function dissolve(mask: usize, table: usize, last: u32): void {
  freeGroups(table, last + 1);
  store<u32>(mask, 0, MASK_TABLE);
  store<u32>(mask, 0, MASK_LAST_BUCKET);
}
