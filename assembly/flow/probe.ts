/**
 * One mask probed for all packets that still look for their megaflow, four at a time.
 *
 *   LOOKUP_BASE  +0     u32[PACKET_SLOTS] keys of the packets that look for a megaflow
 *                +4Ki   u32[PACKET_SLOTS] where each one's megaflow is to be stored
 *                +8Ki   candidates: packets for which a mask may have the flow, CANDIDATE_SIZE each
 *
 * What: packets in the inner loop, so that the mask's blocks stay in registers and the packets' memory accesses overlap. Mixing the
 *   hash and testing the filter cost four packets what they cost one.
 * Invariant: keys are listed up to a multiple of four (`padKeys`), what is found for those added is ignored.
 * Cost: 2 ns a packet and mask of three blocks.
 */
import { MASK_FILTER_BITS, MASK_FILTERS, MASK_HASHED_COUNT } from "../layout/mask.ts";
import { PIPELINE_BASE } from "../memory.ts";
import { addLanes, blockOffset, factorsOf, finish4, hashedPlace, maskBlock, product, sumMasked } from "./masked-key.ts";
import { mayHoldFour } from "./megaflow-table.ts";

const LOOKUP_BASE: usize = PIPELINE_BASE + 0x1_8000;
export const KEYS: usize = LOOKUP_BASE;
export const RESULTS: usize = LOOKUP_BASE + 0x1000;
export const CANDIDATES: usize = LOOKUP_BASE + 0x2000;
const CANDIDATES_END: usize = PIPELINE_BASE + 0x6_0000;
/** u32 place in the lists, u32 hash, u32 mask, u32 the flow that it will probably be. */
export const CANDIDATE_SIZE: usize = 16;
export const CANDIDATE_PLACE: usize = 0;
export const CANDIDATE_HASH: usize = 4;
export const CANDIDATE_MASK: usize = 8;
export const CANDIDATE_FLOW: usize = 12;
/**
 * Masks that may be probed between two looks at the candidates. So many, because a candidate costs three dependent cache misses, and
 * misses overlap only with those of other candidates: with 16, settling took a third of a look-up through 512 masks.
 */
export const CANDIDATE_MASKS: u32 = 128;

/** Whether the list that ends at `end` has room for all of `looking` packets. */
@inline
export function hasRoom(end: usize, looking: u32): bool {
  return end + <usize>looking * CANDIDATE_SIZE <= CANDIDATES_END;
}

/** Repeats the last of `count` keys up to a multiple of four. */
export function padKeys(count: u32): void {
  const last = load<u32>(KEYS + (<usize>(count - 1) << 2));
  for (let i = count; (i & 3) != 0; i++) store<u32>(KEYS + (<usize>i << 2), last);
}

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

/** Appends those of four packets of whose sums the mask may have a flow; the new end of the list. */
@inline
function collect(sums: v128, mask: usize, filters: usize, bits: v128, at: usize, end: usize, found: usize): usize {
  const hashes = finish4(sums);
  const hits = mayHoldFour(filters, bits, hashes);
  return hits == 0 ? found : append(hits, hashes, mask, at, end, found);
}

function append(hits: i32, hashes: v128, mask: usize, at: usize, end: usize, first: usize): usize {
  let found = first;
  let place = at;
  const a = i32x4.extract_lane(hashes, 0);
  const b = i32x4.extract_lane(hashes, 1);
  const c = i32x4.extract_lane(hashes, 2);
  const d = i32x4.extract_lane(hashes, 3);
  if (hits & 1) found = candidate(found, place, a, mask);
  place += 4;
  if (hits & 2 && place < end) found = candidate(found, place, b, mask);
  place += 4;
  if (hits & 4 && place < end) found = candidate(found, place, c, mask);
  place += 4;
  if (hits & 8 && place < end) found = candidate(found, place, d, mask);
  return found;
}

@inline
function candidate(found: usize, place: usize, hash: u32, mask: usize): usize {
  store<u32>(found, <u32>place, CANDIDATE_PLACE);
  store<u32>(found, hash, CANDIDATE_HASH);
  store<u32>(found, <u32>mask, CANDIDATE_MASK);
  return found + CANDIDATE_SIZE;
}

@inline
function keyAt(at: usize): usize {
  return load<u32>(KEYS + at);
}

@inline
function masked(key: usize, offset: usize, mask: v128, factors: v128): v128 {
  return product(v128.and(v128.load(key + offset), mask), factors);
}

function probeOne(mask: usize, end: usize, first: usize): usize {
  const filters: usize = load<u32>(mask, MASK_FILTERS);
  const bits = v128.load_splat<u32>(mask, MASK_FILTER_BITS);
  const a = blockOffset(mask, hashedPlace(mask, 0));
  const maskA = maskBlock(mask, hashedPlace(mask, 0));
  const factorsA = factorsOf(a);
  let found = first;
  for (let at: usize = 0; at < end; at += 16) {
    const sums = addLanes(
      masked(keyAt(at), a, maskA, factorsA),
      masked(keyAt(at + 4), a, maskA, factorsA),
      masked(keyAt(at + 8), a, maskA, factorsA),
      masked(keyAt(at + 12), a, maskA, factorsA),
    );
    found = collect(sums, mask, filters, bits, at, end, found);
  }
  return found;
}

@inline
function sumTwo(key: usize, a: usize, maskA: v128, factorsA: v128, b: usize, maskB: v128, factorsB: v128): v128 {
  return i32x4.add(masked(key, a, maskA, factorsA), masked(key, b, maskB, factorsB));
}

function probeTwo(mask: usize, end: usize, first: usize): usize {
  const filters: usize = load<u32>(mask, MASK_FILTERS);
  const bits = v128.load_splat<u32>(mask, MASK_FILTER_BITS);
  const a = blockOffset(mask, hashedPlace(mask, 0));
  const b = blockOffset(mask, hashedPlace(mask, 1));
  const maskA = maskBlock(mask, hashedPlace(mask, 0));
  const maskB = maskBlock(mask, hashedPlace(mask, 1));
  const factorsA = factorsOf(a);
  const factorsB = factorsOf(b);
  let found = first;
  for (let at: usize = 0; at < end; at += 16) {
    const sums = addLanes(
      sumTwo(keyAt(at), a, maskA, factorsA, b, maskB, factorsB),
      sumTwo(keyAt(at + 4), a, maskA, factorsA, b, maskB, factorsB),
      sumTwo(keyAt(at + 8), a, maskA, factorsA, b, maskB, factorsB),
      sumTwo(keyAt(at + 12), a, maskA, factorsA, b, maskB, factorsB),
    );
    found = collect(sums, mask, filters, bits, at, end, found);
  }
  return found;
}

function probeThree(mask: usize, end: usize, first: usize): usize {
  const filters: usize = load<u32>(mask, MASK_FILTERS);
  const bits = v128.load_splat<u32>(mask, MASK_FILTER_BITS);
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
  for (let at: usize = 0; at < end; at += 16) {
    const key0 = keyAt(at);
    const key1 = keyAt(at + 4);
    const key2 = keyAt(at + 8);
    const key3 = keyAt(at + 12);
    const sums = addLanes(
      i32x4.add(sumTwo(key0, a, maskA, factorsA, b, maskB, factorsB), masked(key0, c, maskC, factorsC)),
      i32x4.add(sumTwo(key1, a, maskA, factorsA, b, maskB, factorsB), masked(key1, c, maskC, factorsC)),
      i32x4.add(sumTwo(key2, a, maskA, factorsA, b, maskB, factorsB), masked(key2, c, maskC, factorsC)),
      i32x4.add(sumTwo(key3, a, maskA, factorsA, b, maskB, factorsB), masked(key3, c, maskC, factorsC)),
    );
    found = collect(sums, mask, filters, bits, at, end, found);
  }
  return found;
}

function probeFour(mask: usize, end: usize, first: usize): usize {
  const filters: usize = load<u32>(mask, MASK_FILTERS);
  const bits = v128.load_splat<u32>(mask, MASK_FILTER_BITS);
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
  for (let at: usize = 0; at < end; at += 16) {
    const key0 = keyAt(at);
    const key1 = keyAt(at + 4);
    const key2 = keyAt(at + 8);
    const key3 = keyAt(at + 12);
    const sums = addLanes(
      i32x4.add(
        sumTwo(key0, a, maskA, factorsA, b, maskB, factorsB),
        sumTwo(key0, c, maskC, factorsC, d, maskD, factorsD),
      ),
      i32x4.add(
        sumTwo(key1, a, maskA, factorsA, b, maskB, factorsB),
        sumTwo(key1, c, maskC, factorsC, d, maskD, factorsD),
      ),
      i32x4.add(
        sumTwo(key2, a, maskA, factorsA, b, maskB, factorsB),
        sumTwo(key2, c, maskC, factorsC, d, maskD, factorsD),
      ),
      i32x4.add(
        sumTwo(key3, a, maskA, factorsA, b, maskB, factorsB),
        sumTwo(key3, c, maskC, factorsC, d, maskD, factorsD),
      ),
    );
    found = collect(sums, mask, filters, bits, at, end, found);
  }
  return found;
}

function probeMany(mask: usize, end: usize, first: usize): usize {
  const filters: usize = load<u32>(mask, MASK_FILTERS);
  const bits = v128.load_splat<u32>(mask, MASK_FILTER_BITS);
  let found = first;
  for (let at: usize = 0; at < end; at += 16) {
    const sums = addLanes(
      sumMasked(keyAt(at), mask),
      sumMasked(keyAt(at + 4), mask),
      sumMasked(keyAt(at + 8), mask),
      sumMasked(keyAt(at + 12), mask),
    );
    found = collect(sums, mask, filters, bits, at, end, found);
  }
  return found;
}
