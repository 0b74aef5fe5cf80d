/**
 * Headers of regions that outlive a process.
 *
 * Invariants: a region whose header is valid (magic, and the layouts of this build) is complete: the magic is written last.
 */
import { REGION_GENERATION, REGION_LAYOUT, REGION_MAGIC } from "./layout/region.ts";

/** Hash of assembly/layout/ and the memory map: src/fastpath/layout-hash.ts, by way of `asc --use`. */
export function layoutHash(): i32 {
  return LAYOUT_HASH;
}

/** Another process uses the region from now on; whether an earlier one has left it as this build understands it. */
export function takeRegion(base: usize, magic: u32): bool {
  store<u32>(base, load<u32>(base, REGION_GENERATION) + 1, REGION_GENERATION);
  return load<u32>(base, REGION_MAGIC) == magic && load<u32>(base, REGION_LAYOUT) == LAYOUT_HASH;
}

/** The region is complete. */
export function publishRegion(base: usize, magic: u32): void {
  store<u32>(base, LAYOUT_HASH, REGION_LAYOUT);
  atomic.store<u32>(base, magic, REGION_MAGIC);
}
