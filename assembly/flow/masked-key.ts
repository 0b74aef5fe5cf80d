/**
 * A key seen through a mask: hashing it, and comparing it with a megaflow's blocks.
 *
 * Hash: every u16 of the masked blocks times a random odd number of its own, all added up, then mixed. One instruction multiplies
 *   and adds a whole block. Keys that differ in one u16 never collide, others with a chance of 2^-15 or so, which costs a comparison;
 *   without the random numbers, made anew at every start, nobody can aim. Four keys are mixed at a time, one in each lane (probe.ts).
 * Cost: below 1 ns a block. Blocks, not words: two words cost a SIMD register what one word costs without.
 */
import { MASK_BLOCKS, MASK_BLOCK_COUNT, MASK_BLOCK_INDEX, MASK_HASHED, MASK_HASHED_COUNT, MASK_WHOLE_BLOCKS } from "../layout/mask.ts";
import { FLOW_KEY } from "../layout/megaflow.ts";
import { FACTORS, MULTIPLIERS, NEVER_ZERO } from "./subtable-memory.ts";

const BLOCK_LOG2: usize = 4;

/** A block's part of the sum. */
@inline
export function product(block: v128, factors: v128): v128 {
  return i32x4.dot_i16x8_s(block, factors);
}

/** The random numbers that belong to the key's block at `offset`. */
@inline
export function factorsOf(offset: usize): v128 {
  return v128.load(FACTORS + offset);
}

/** The sums of four keys, each still in four lanes, as one vector. */
@inline
export function addLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(v128.shuffle<u32>(a, b, 0, 4, 1, 5), v128.shuffle<u32>(a, b, 2, 6, 3, 7));
  const cd = i32x4.add(v128.shuffle<u32>(c, d, 0, 4, 1, 5), v128.shuffle<u32>(c, d, 2, 6, 3, 7));
  return i32x4.add(v128.shuffle<u64>(ab, cd, 0, 2), v128.shuffle<u64>(ab, cd, 1, 3));
}

/**
 * The hashes of four sums. Tables take their index from the low bits; the upper half is never 0, which stands for an empty slot.
 */
@inline
export function finish4(sums: v128): v128 {
  let hashes = i32x4.mul(v128.xor(sums, i32x4.shr_u(sums, 16)), v128.load(MULTIPLIERS));
  hashes = v128.xor(hashes, i32x4.shr_u(hashes, 15));
  return v128.or(hashes, v128.load(NEVER_ZERO));
}

/** The hash of one sum, whose lanes are not added up yet. */
@inline
function finish(sum: v128): u32 {
  return i32x4.extract_lane(finish4(addLanes(sum, sum, sum, sum)), 0);
}

/** Place in the mask's lists of the n-th block that counts for the hash. */
@inline
export function hashedPlace(mask: usize, n: usize): usize {
  return load<u8>(mask + n, MASK_HASHED);
}

/** Offset in a key of the block at a place of the mask's list. */
@inline
export function blockOffset(mask: usize, place: usize): usize {
  return <usize>load<u8>(mask + place, MASK_BLOCK_INDEX) << BLOCK_LOG2;
}

@inline
export function maskBlock(mask: usize, place: usize): v128 {
  return v128.load(mask + (place << BLOCK_LOG2), MASK_BLOCKS);
}

/** Sum of a key's blocks, any number of them. */
@inline
export function sumMasked(key: usize, mask: usize): v128 {
  let sum = i32x4.splat(0);
  const blocks: usize = load<u32>(mask, MASK_HASHED_COUNT);
  for (let n: usize = 0; n < blocks; n++) {
    const place = hashedPlace(mask, n);
    const offset = blockOffset(mask, place);
    sum = i32x4.add(sum, product(v128.and(v128.load(key + offset), maskBlock(mask, place)), factorsOf(offset)));
  }
  return sum;
}

/** The hash of a megaflow, whose blocks are masked already. */
export function hashPacked(flow: usize, mask: usize): u32 {
  let sum = i32x4.splat(0);
  const blocks: usize = load<u32>(mask, MASK_HASHED_COUNT);
  for (let n: usize = 0; n < blocks; n++) {
    const place = hashedPlace(mask, n);
    sum = i32x4.add(sum, product(v128.load(flow + (place << BLOCK_LOG2), FLOW_KEY), factorsOf(blockOffset(mask, place))));
  }
  return finish(sum);
}

/** What differs in one of the first blocks, whose places are their numbers. */
@inline
function difference(flow: usize, mask: usize, key: usize, offset: usize): v128 {
  const block = v128.and(v128.load(key + offset), v128.load(mask + offset, MASK_BLOCKS));
  return v128.xor(block, v128.load(flow + offset, FLOW_KEY));
}

@inline
export function matches(flow: usize, mask: usize, key: usize): bool {
  let differing = v128.or(
    v128.or(difference(flow, mask, key, 0), difference(flow, mask, key, 16)),
    v128.or(difference(flow, mask, key, 32), difference(flow, mask, key, 48)),
  );
  const blocks: usize = load<u32>(mask, MASK_BLOCK_COUNT);
  for (let i: usize = MASK_WHOLE_BLOCKS; i < blocks; i++) {
    const block = v128.and(v128.load(key + blockOffset(mask, i)), maskBlock(mask, i));
    differing = v128.or(differing, v128.xor(block, v128.load(flow + (i << BLOCK_LOG2), FLOW_KEY)));
  }
  return !v128.any_true(differing);
}
