/**
 * One mask's megaflows: a hash table of groups of seven.
 *
 *   line     64 bytes a group
 *            +0   u16[8] tags: of seven flows the upper half of the hash, 0 = empty; then how many flows found this group full and
 *                 went on
 *            +16  u32[8] the seven flow records
 *            +48  the group's filters, in tables of one group or very many
 *   filters  u32[2] a group: one of the two, by a bit of the hash, has four bits, one in each byte, for each flow whose home it is.
 *            In tables between they lie close together, behind all lines
 *
 * What: a probe that finds nothing, the rule when there are many masks, reads one filter: those of 100 000 flows in many small tables fit
 *   in a core's own cache, and one in three hundred says "maybe" in vain. With few masks and many flows nearly all probes hit and no cache
 *   holds the filters: then a filter lies in the line that the hit needs. A look-up compares seven tags at once and goes on to the
 *   next group only when some flow had to. Counting those makes removal exact: no tombstones, no rebuilding.
 * Invariants: groups are a power of two; no tag is 0. A filter's offset in memory is hash & MASK_FILTER_BITS, without a shift: the bits
 *   that name the group begin where the distance between two groups' filters does.
 * Cost: one line a miss; a hit one or two, and two of the flow's. Growing reads every flow's hash (some 10 ms for 200 000 flows).
 * Not handled: shrinking, except that an empty table gives its memory back.
 */
import { MASK_FILTER_BITS, MASK_FILTERS, MASK_FLOWS, MASK_TABLE } from "../layout/mask.ts";
import { FLOW_HASH } from "../layout/megaflow.ts";
import { matches } from "./masked-key.ts";
import { allocateGroups, FILTER_SPREAD, freeGroups, LOW_BITS, ONE_BITS, SPREADERS } from "./subtable-memory.ts";

/** The bit of a hash that names one of its group's two filters. */
const FILTER_HALF: u32 = 4;
const FILTERS_LOG2: u32 = 3;
/** As a bit of MASK_FILTER_BITS: set where filters lie apart from the lines. */
const FILTERS_SIZE: u32 = 1 << FILTERS_LOG2;
/** Of the hash times FILTER_SPREAD: the lowest bits tell too little. */
const FILTER_SHIFT: i32 = 5;
const LINE_PASSED: usize = 14;
const LINE_FLOWS: usize = 16;
const LINE_FILTERS: usize = 48;
const LINE: usize = 64;
const LINE_LOG2: u32 = 6;
/** So many groups or more have their filters in their lines. With 8192, 100 000 flows behind five masks took 7 % longer than apart. */
const LARGE_GROUPS: u32 = 16384;
const SLOTS: u32 = 7;
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
  const places = ((hash * FILTER_SPREAD) >> FILTER_SHIFT) & 0x0707_0707;
  return (
    (1 << (places & 7)) |
    (0x100 << ((places >> 8) & 7)) |
    (0x1_0000 << ((places >> 16) & 7)) |
    (0x100_0000 << (places >> 24))
  );
}

/** Bit n: the table may have a flow of the n-th of four hashes. `words`: MASK_FILTER_BITS in each lane. */
@inline
export function mayHoldFour(filtersBase: usize, bits4: v128, hashes: v128): i32 {
  const at = v128.and(hashes, bits4);
  let filters = v128.load_zero<u32>(filtersBase + i32x4.extract_lane(at, 0));
  filters = v128.load_lane<u32>(filtersBase + i32x4.extract_lane(at, 1), filters, 1);
  filters = v128.load_lane<u32>(filtersBase + i32x4.extract_lane(at, 2), filters, 2);
  filters = v128.load_lane<u32>(filtersBase + i32x4.extract_lane(at, 3), filters, 3);
  const spread = i32x4.shr_u(i32x4.mul(hashes, v128.load(SPREADERS)), FILTER_SHIFT);
  const bits = v128.swizzle(v128.load(ONE_BITS), v128.and(spread, v128.load(LOW_BITS)));
  return i32x4.bitmask(i32x4.eq(v128.and(filters, bits), bits));
}

/** The first line of a flow's look-up. */
@inline
function homeLine(table: usize, bits: u32, hash: u32): usize {
  const offset: usize = hash & bits & ~FILTER_HALF;
  return table + ((bits & FILTERS_SIZE) != 0 ? offset << (LINE_LOG2 - FILTERS_LOG2) : offset);
}

/** Groups of a table, less one. */
@inline
function lastGroup(bits: u32): u32 {
  return bits >> ((bits & FILTERS_SIZE) != 0 ? FILTERS_LOG2 : LINE_LOG2);
}

@inline
function lineAfter(line: usize, table: usize, bits: u32): usize {
  return table + ((line - table + LINE) & (<usize>lastGroup(bits) << LINE_LOG2));
}

@inline
function filterAt(mask: usize, hash: u32): usize {
  return <usize>load<u32>(mask, MASK_FILTERS) + (hash & load<u32>(mask, MASK_FILTER_BITS));
}

/** The first flow that a look-up would compare, for fetching its memory ahead; any readable address when there is none. */
@inline
export function firstCandidate(mask: usize, hash: u32): usize {
  const line = homeLine(load<u32>(mask, MASK_TABLE), load<u32>(mask, MASK_FILTER_BITS), hash);
  const found = i16x8.bitmask(i16x8.eq(v128.load(line), tagsOf(hash)));
  return load<u32>(line + (<usize>ctz(found | 0x80) << 2), LINE_FLOWS);
}

/** The flow of `mask` that covers the key, 0 = none. */
export function findFlow(mask: usize, key: usize, hash: u32): usize {
  const bits = load<u32>(mask, MASK_FILTER_BITS);
  const table: usize = load<u32>(mask, MASK_TABLE);
  const wanted = tagsOf(hash);
  const home = homeLine(table, bits, hash);
  let line = home;
  do {
    const found = i16x8.bitmask(i16x8.eq(v128.load(line), wanted));
    let slots = found & 0x7f;
    while (slots != 0) {
      const flow: usize = load<u32>(line + (<usize>ctz(slots) << 2), LINE_FLOWS);
      if (matches(flow, mask, key)) return flow;
      slots &= slots - 1;
    }
    if ((found & 0x80) != 0) return 0;
    line = lineAfter(line, table, bits);
  } while (line != home);
  return 0;
}

/** Puts a flow into a table that has an empty slot. */
function place(mask: usize, hash: u32, flow: u32): void {
  const bits = load<u32>(mask, MASK_FILTER_BITS);
  const table: usize = load<u32>(mask, MASK_TABLE);
  const filter = filterAt(mask, hash);
  store<u32>(filter, load<u32>(filter) | filterBits(hash));
  let line = homeLine(table, bits, hash);
  while (true) {
    const empty = i16x8.bitmask(i16x8.eq(v128.load(line), i16x8.splat(0))) & 0x7f;
    if (empty != 0) {
      const slot: usize = ctz(empty);
      store<u16>(line + (slot << 1), <u16>(hash >> 16));
      store<u32>(line + (slot << 2), flow, LINE_FLOWS);
      return;
    }
    countPassed(line, 1);
    line = lineAfter(line, table, bits);
  }
}

/** A count that has once reached its limit stays there: look-ups then always go on. */
@inline
function countPassed(line: usize, change: u32): void {
  const passed: u32 = load<u16>(line, LINE_PASSED);
  if (passed != PASSED_UNKNOWN) store<u16>(line, <u16>(passed + change), LINE_PASSED);
}

/** Whether a table of so many groups has its filters in its lines. */
@inline
function hasFiltersInside(groups: u32): bool {
  return groups == 1 || groups >= LARGE_GROUPS;
}

@inline
function tableBytes(groups: u32): usize {
  const lines = <usize>groups << LINE_LOG2;
  return hasFiltersInside(groups) ? lines : lines + max<usize>(<usize>groups << FILTERS_LOG2, LINE); // whole lines
}

/** Gives the mask an empty table; false when there is no memory for it, and then nothing is changed. */
function makeTable(mask: usize, groups: u32): bool {
  const table = allocateGroups(groups, tableBytes(groups));
  if (table == 0) return false;
  const inside = hasFiltersInside(groups);
  store<u32>(mask, <u32>table, MASK_TABLE);
  store<u32>(mask, <u32>(table + (inside ? LINE_FILTERS : <usize>groups << LINE_LOG2)), MASK_FILTERS);
  store<u32>(mask, ((groups - 1) << (inside ? LINE_LOG2 : FILTERS_LOG2)) | FILTER_HALF, MASK_FILTER_BITS);
  return true;
}

/** Doubles the table; false when there is no memory for it. */
function grow(mask: usize): bool {
  const groups = lastGroup(load<u32>(mask, MASK_FILTER_BITS)) + 1;
  const table: usize = load<u32>(mask, MASK_TABLE);
  if (!makeTable(mask, groups << 1)) return false;
  const end = table + (<usize>groups << LINE_LOG2);
  for (let line = table; line < end; line += LINE) {
    for (let slot: usize = 0; slot < SLOTS; slot++) {
      const flow = load<u32>(line + (slot << 2), LINE_FLOWS);
      if (flow != 0) place(mask, load<u32>(flow, FLOW_HASH), flow);
    }
  }
  freeGroups(table, groups);
  return true;
}

/** Links a flow whose FLOW_HASH is set; false when memory has run out. */
export function addFlow(mask: usize, flow: usize): bool {
  const flows = load<u32>(mask, MASK_FLOWS);
  if (flows == 0) {
    if (!makeTable(mask, 1)) return false;
  } else {
    const groups = lastGroup(load<u32>(mask, MASK_FILTER_BITS)) + 1;
    if (flows >= groups * FULL_AT && !grow(mask) && flows >= groups * SLOTS) return false;
  }
  place(mask, load<u32>(flow, FLOW_HASH), <u32>flow);
  store<u32>(mask, flows + 1, MASK_FLOWS);
  return true;
}

/** Unlinks a flow; false when it is not in the table. */
export function deleteFlow(mask: usize, flow: usize): bool {
  const flows = load<u32>(mask, MASK_FLOWS);
  if (flows == 0) return false;
  const bits = load<u32>(mask, MASK_FILTER_BITS);
  const table: usize = load<u32>(mask, MASK_TABLE);
  const hash = load<u32>(flow, FLOW_HASH);
  const home = homeLine(table, bits, hash);
  let line = home;
  do {
    for (let slot: usize = 0; slot < SLOTS; slot++) {
      if (load<u32>(line + (slot << 2), LINE_FLOWS) != <u32>flow) continue;
      store<u16>(line + (slot << 1), 0);
      store<u32>(line + (slot << 2), 0, LINE_FLOWS);
      // Takes back the counts that it left in the groups it had passed.
      for (let passed = home; passed != line; passed = lineAfter(passed, table, bits)) countPassed(passed, -1);
      renewFilter(mask, hash);
      store<u32>(mask, flows - 1, MASK_FLOWS);
      if (flows == 1) dissolve(mask);
      return true;
    }
    if (load<u16>(line, LINE_PASSED) == 0) return false;
    line = lineAfter(line, table, bits);
  } while (line != home);
  return false;
}

/** Makes a filter anew from the flows that share it: bits cannot be taken out. `gone`: hash of one that did. */
function renewFilter(mask: usize, gone: u32): void {
  const bits = load<u32>(mask, MASK_FILTER_BITS);
  const table: usize = load<u32>(mask, MASK_TABLE);
  const home = homeLine(table, bits, gone);
  let line = home;
  let filter: u32 = 0;
  do {
    for (let slot: usize = 0; slot < SLOTS; slot++) {
      const flow: usize = load<u32>(line + (slot << 2), LINE_FLOWS);
      if (flow == 0) continue;
      const hash = load<u32>(flow, FLOW_HASH);
      if (((hash ^ gone) & bits) == 0) filter |= filterBits(hash);
    }
    if (load<u16>(line, LINE_PASSED) == 0) break;
    line = lineAfter(line, table, bits);
  } while (line != home);
  store<u32>(filterAt(mask, gone), filter);
}

function dissolve(mask: usize): void {
  freeGroups(load<u32>(mask, MASK_TABLE), lastGroup(load<u32>(mask, MASK_FILTER_BITS)) + 1);
  store<u32>(mask, 0, MASK_TABLE);
}
