/**
 * Mask record: which 16-byte blocks of the key a megaflow table looks at (two words: one SIMD register). The first
 * MASK_WHOLE_BLOCKS blocks (one cache line) are always listed, also where the mask is zero, so that comparing an IPv4 packet
 * with a flow is four loads without a loop; a flow of one to four blocks takes two lines in any case.
 */
export const MASK_WHOLE_BLOCKS = 4;
export const MASK_BLOCK_COUNT = 0; // u32 n
export const MASK_EXTENT = 4; // u32 bytes of key the mask reaches: a packet with a shorter extent has zeros there
export const MASK_TABLE = 8; // u32 worker's: address of this mask's megaflow table (assembly/flow/megaflow-table.ts), 0 = none yet
export const MASK_FLOWS = 12; // u32 worker's: flows in the table
export const MASK_INDEX = 16; // u32 main's
export const MASK_FILTER_BITS = 20; // u32 worker's: the bits of a hash that are the offset of its filter
export const MASK_HITS = 24; // u64 worker's
export const MASK_BLOCK_INDEX = 32; // u8[26] block numbers (offset in the key / 16), ascending
export const MASK_HASHED_COUNT = 60; // u32 blocks that are not zero
export const MASK_HASHED = 64; // u8[26] their places in the two lists
export const MASK_FILTERS = 92; // u32 worker's: address of the table's first filter
export const MASK_BLOCKS = 96; // 16 bytes [26] mask blocks, packed in the same order
export const MASK_SIZE = 512;
