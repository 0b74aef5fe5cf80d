/**
 * One mask's megaflows: a hash table of groups of seven.
 *
 *   filters  u32[2] a group: one of the two, by a bit of the hash, has four bits, one in each byte, for each flow whose home it is
 *   tags     u16[8] a group: of seven flows the upper half of the hash, 0 = empty; then how many flows found this group full
 *            and went on
 *   flows    u32[8] a group: seven flow records
 *
 * What: a probe that finds nothing, the rule when there are many masks, reads one filter: those of 100 000 flows fit in a
 *   core's own cache, and one in three hundred says "maybe" in vain. A look-up then compares seven tags at once and goes on to the
 *   next group only when some flow had to. Counting those makes removal exact: no tombstones, no rebuilding.
 * Invariants: groups are a power of two; a flow's home is hash & MASK_LAST_BUCKET; no tag is 0.
 * Cost: one line a miss, five a hit. Growing reads every flow's hash (some 10 ms for 200 000 flows).
 * Not handled: shrinking, except that an empty table gives its memory back.
 */
import { MASK_FLOWS, MASK_LAST_BUCKET, MASK_TABLE } from "../layout/mask.ts";
import { FLOW_HASH } from "../layout/megaflow.ts";
import { matches } from "./masked-key.ts";
import { allocateGroups, FILTER_SPREAD, filterBytes, freeGroups, GROUP_FLOWS_LOG2, GROUP_TAGS_LOG2, LOW_BITS, ONE_BITS, SPREADERS } from "./subtable-memory.ts";

const FILTER_WORD_LOG2: i32 = 2;
/** Bits of a hash below are for the index. */
const FILTER_SHIFT: i32 = 17;
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

/** The bits of a flow in its filter: one in each byte. */
function filterBits(hash: u32): u32 {
  const places = ((hash >> FILTER_SHIFT) * FILTER_SPREAD) & 0x0707_0707;
  return (
    (1 << (places & 7)) |
    (0x100 << ((places >> 8) & 7)) |
    (0x1_0000 << ((places >> 16) & 7)) |
    (0x100_0000 << (places >> 24))
  );
}

/** Bit n: the table may have a flow of the n-th of four hashes. `words`: a table's filters, less one, in each lane. */
@inline
export function mayHoldFour(table: usize, words: v128, hashes: v128): i32 {
  const at = i32x4.shl(v128.and(hashes, words), FILTER_WORD_LOG2);
  let filters = v128.load_zero<u32>(table + i32x4.extract_lane(at, 0));
  filters = v128.load_lane<u32>(table + i32x4.extract_lane(at, 1), filters, 1);
  filters = v128.load_lane<u32>(table + i32x4.extract_lane(at, 2), filters, 2);
  filters = v128.load_lane<u32>(table + i32x4.extract_lane(at, 3), filters, 3);
  const spread = i32x4.mul(i32x4.shr_u(hashes, FILTER_SHIFT), v128.load(SPREADERS));
  const bits = v128.swizzle(v128.load(ONE_BITS), v128.and(spread, v128.load(LOW_BITS)));
  return i32x4.bitmask(i32x4.eq(v128.and(filters, bits), bits));
}

/** Filters of a table, less one. */
@inline
export function lastFilter(last: u32): u32 {
  return (last << 1) | 1;
}

@inline
function filterAt(table: usize, last: u32, hash: u32): usize {
  return table + (<usize>(hash & lastFilter(last)) << FILTER_WORD_LOG2);
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
  const filter = filterAt(table, last, hash);
  store<u32>(filter, load<u32>(filter) | filterBits(hash));
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
      renewFilters(table, last, home);
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

/** Makes a group's filters anew from the flows whose home it is: bits cannot be taken out, flows may share them. */
function renewFilters(table: usize, last: u32, home: u32): void {
  store<u32>(filterAt(table, last, home), 0);
  store<u32>(filterAt(table, last, home + last + 1), 0);
  for (let probes: u32 = 0; probes <= last; probes++) {
    const group = (home + probes) & last;
    const records = flowsAt(table, last, group);
    for (let slot: usize = 0; slot < SLOTS; slot++) {
      const flow: usize = load<u32>(records + (slot << 2));
      if (flow == 0) continue;
      const hash = load<u32>(flow, FLOW_HASH);
      if ((hash & last) != home) continue;
      const filter = filterAt(table, last, hash);
      store<u32>(filter, load<u32>(filter) | filterBits(hash));
    }
    if (load<u16>(tagsAt(table, last, group), PASSED) == 0) break;
  }
}

function dissolve(mask: usize, table: usize, last: u32): void {
  freeGroups(table, last + 1);
  store<u32>(mask, 0, MASK_TABLE);
  store<u32>(mask, 0, MASK_LAST_BUCKET);
}
