/**
 * Memory of the megaflow tables: blocks of groups, 64 or 72 bytes each, in the SUBTABLES region, and what look-up keeps beside them.
 *
 *   +0     u32 ranked masks            +4   u32 address of the first block never handed out
 *   +64    u32[BLOCK_CLASSES] first free block of 2^class groups (a free block's first word links the next)
 *   +512   eight random odd u16 for each block of the key
 *   +1024  constants of the hash and the filters, 16 bytes each: the engine makes a constant vector anew at every use, with three
 *          instructions or more; loading it is one
 *   +1280  more of them: those of hash-lanes.ts
 *   +4096  u32[MAX_MASKS] mask records in the order in which they are probed
 *   +64Ki  blocks
 *
 * Invariant: the worker alone reads and writes here.
 * Cost: constant; a table that doubles leaves its old block to the next table of that size, so at most half the region
 *   is idle.
 */
import { CONTROL_HASH_SEED } from "../layout/control.ts";
import { KEY_WORDS } from "../layout/key.ts";
import { CONTROL_BASE, SUBTABLES_BASE, SUBTABLES_SIZE } from "../memory.ts";

const RANKED_COUNT: usize = 0;
const UNUSED_FROM: usize = 4;
const FREE_BLOCKS: usize = 64;
const BLOCKS: usize = 64 * 1024;
/** 2^18 groups: more flows than the arena holds records. */
const BLOCK_CLASSES: u32 = 19;

/** Spreads a hash over all bits of its filter's places (megaflow-table.ts). */
export const FILTER_SPREAD: u32 = 0x85eb_ca6b;

export const FACTORS: usize = SUBTABLES_BASE + 512;
export const MULTIPLIERS: usize = SUBTABLES_BASE + 1024;
export const NEVER_ZERO: usize = SUBTABLES_BASE + 1040;
export const SPREADERS: usize = SUBTABLES_BASE + 1056;
export const LOW_BITS: usize = SUBTABLES_BASE + 1072;
export const ONE_BITS: usize = SUBTABLES_BASE + 1088;
export const LANE_CONSTANTS: usize = SUBTABLES_BASE + 1280;
export const RANKED: usize = SUBTABLES_BASE + 4096;

/** Starts with no table at all; the factors come from the seed of this start, so that nobody can aim collisions. */
export function resetSubtables(): void {
  memory.fill(SUBTABLES_BASE, 0, BLOCKS);
  store<u32>(SUBTABLES_BASE, <u32>(SUBTABLES_BASE + BLOCKS), UNUSED_FROM);
  v128.store(MULTIPLIERS, i32x4.splat(0x9e37_79b1));
  v128.store(NEVER_ZERO, i32x4.splat(0x8000_0000));
  v128.store(SPREADERS, i32x4.splat(FILTER_SPREAD));
  v128.store(LOW_BITS, i32x4.splat(0x0707_0707));
  v128.store(ONE_BITS, i64x2.splat(0x8040_2010_0804_0201));
  let state = <u64>load<u32>(CONTROL_BASE, CONTROL_HASH_SEED);
  for (let word: usize = 0; word < <usize>KEY_WORDS; word++) {
    state += 0x9e37_79b9_7f4a_7c15; // splitmix64
    let mixed = state;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58_476d_1ce4_e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d0_49bb_1331_11eb;
    store<u64>(FACTORS + (word << 3), (mixed ^ (mixed >> 31)) | 0x0001_0001_0001_0001);
  }
}

@inline
export function rankedCount(): u32 {
  return load<u32>(SUBTABLES_BASE, RANKED_COUNT);
}

@inline
export function setRankedCount(masks: u32): void {
  store<u32>(SUBTABLES_BASE, masks, RANKED_COUNT);
}

/** A zeroed block of `bytes` for `groups` (a power of two, which stands for one size), 0 when the region is used up. */
export function allocateGroups(groups: u32, bytes: usize): usize {
  const blockClass = ctz<u32>(groups);
  if (blockClass >= BLOCK_CLASSES) return 0;
  const free = SUBTABLES_BASE + FREE_BLOCKS + (blockClass << 2);
  let block: usize = load<u32>(free);
  if (block != 0) {
    store<u32>(free, load<u32>(block));
  } else {
    block = load<u32>(SUBTABLES_BASE, UNUSED_FROM);
    if (block + bytes > SUBTABLES_BASE + SUBTABLES_SIZE) return 0;
    store<u32>(SUBTABLES_BASE, <u32>(block + bytes), UNUSED_FROM);
  }
  memory.fill(block, 0, bytes);
  return block;
}

export function freeGroups(block: usize, groups: u32): void {
  const free = SUBTABLES_BASE + FREE_BLOCKS + (ctz<u32>(groups) << 2);
  store<u32>(block, load<u32>(free));
  store<u32>(free, <u32>block);
}
