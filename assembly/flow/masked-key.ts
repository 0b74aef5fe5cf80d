/**
 * A key seen through a mask: hashing it, and comparing it with a megaflow's packed blocks.
 *
 * Hash: NH (Black, Halevi, Krawczyk, Krovetz, Rogaway: "UMAC", 1999) over the mask's blocks: of four masked u32 a b c d plus
 *   four random ones, a*c and b*d are added up in 64 bits. Two keys collide with a chance of 2^-32 whatever they are, as long
 *   as the pads are unknown; and a block costs one multiplication, none of which waits for another.
 * Cost: about 1.5 ns a block. Blocks, not words: two words cost a SIMD register what one word costs without.
 */
import { FLOW_KEY, MASK_BLOCK_COUNT, MASK_BLOCK_INDEX, MASK_BLOCKS } from "../layout.ts";
import { PADS } from "./subtable-memory.ts";

const BLOCK_LOG2: usize = 4;

@inline
function product(block: v128, offset: usize): v128 {
  const padded = i32x4.add(block, v128.load(PADS + offset));
  return i64x2.extmul_low_i32x4_u(padded, i32x4.shuffle(padded, padded, 2, 3, 2, 3));
}

/** Never 0, which stands for an empty slot. */
@inline
function finish(sum: v128): u32 {
  const both = i64x2.extract_lane(sum, 0) + i64x2.extract_lane(sum, 1);
  return <u32>((<u64>both * 0x9e37_79b9_7f4a_7c15) >> 32) | 0x8000_0000;
}

@inline
export function hashMasked(key: usize, mask: usize): u32 {
  let sum = i64x2.splat(0);
  const blocks: usize = load<u32>(mask, MASK_BLOCK_COUNT);
  for (let i: usize = 0; i < blocks; i++) {
    const offset = <usize>load<u8>(mask + i, MASK_BLOCK_INDEX) << BLOCK_LOG2;
    const block = v128.and(v128.load(key + offset), v128.load(mask + (i << BLOCK_LOG2), MASK_BLOCKS));
    sum = i64x2.add(sum, product(block, offset));
  }
  return finish(sum);
}

/** The same for the packed blocks of a megaflow, which are masked already. */
export function hashPacked(flow: usize, mask: usize): u32 {
  let sum = i64x2.splat(0);
  const blocks: usize = load<u32>(mask, MASK_BLOCK_COUNT);
  for (let i: usize = 0; i < blocks; i++) {
    const offset = <usize>load<u8>(mask + i, MASK_BLOCK_INDEX) << BLOCK_LOG2;
    sum = i64x2.add(sum, product(v128.load(flow + (i << BLOCK_LOG2), FLOW_KEY), offset));
  }
  return finish(sum);
}

@inline
export function matches(flow: usize, mask: usize, key: usize): bool {
  let difference = i64x2.splat(0);
  const blocks: usize = load<u32>(mask, MASK_BLOCK_COUNT);
  for (let i: usize = 0; i < blocks; i++) {
    const offset = <usize>load<u8>(mask + i, MASK_BLOCK_INDEX) << BLOCK_LOG2;
    const block = v128.and(v128.load(key + offset), v128.load(mask + (i << BLOCK_LOG2), MASK_BLOCKS));
    difference = v128.or(difference, v128.xor(block, v128.load(flow + (i << BLOCK_LOG2), FLOW_KEY)));
  }
  return !v128.any_true(difference);
}
