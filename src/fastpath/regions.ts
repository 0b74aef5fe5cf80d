/** Headers of the regions that the main thread fills: assembly/region.ts is the worker's side of the same. */
import { REGION_GENERATION, REGION_LAYOUT, REGION_MAGIC } from "../../assembly/layout/region.ts";
import { layoutHash } from "./layout-hash.ts";

/** One more process uses the region; what was in it is no longer: megaflows and meters are made anew after a restart. */
export function publishRegion(memory: WebAssembly.Memory, base: number, magic: number): void {
  const view = new DataView(memory.buffer, base);
  view.setUint32(REGION_GENERATION, view.getUint32(REGION_GENERATION, true) + 1, true);
  view.setUint32(REGION_LAYOUT, layoutHash(), true);
  Atomics.store(new Int32Array(memory.buffer), (base + REGION_MAGIC) >> 2, magic);
}
