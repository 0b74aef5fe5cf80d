/** The reassembly of fragments as its counters in shared memory show it. */
import {
  FRAG_ENABLED,
  FRAG_MIN_SIZE,
  FRAG_STAT_ACCEPTED,
  FRAG_STAT_COMPLETED,
  FRAG_STAT_COUNT,
  FRAG_STAT_EXPIRED,
  FRAG_STAT_OVERLAP,
  FRAG_STAT_TOO_SMALL,
  FRAG_STATS,
} from "../../assembly/layout/fragments.ts";
import { FRAGMENTS_BASE } from "../../assembly/memory.ts";
import type { FragmentFamilyStatus } from "./datapath.ts";

export function readFragmentFamily(view: DataView, family: 4 | 6): FragmentFamilyStatus {
  const index = family === 4 ? 0 : 1;
  const statistic = (which: number): bigint =>
    view.getBigUint64(FRAGMENTS_BASE + FRAG_STATS + (index * FRAG_STAT_COUNT + which) * 8, true);
  return {
    enabled: view.getUint32(FRAGMENTS_BASE + FRAG_ENABLED + index * 4, true) !== 0,
    minimum: view.getUint32(FRAGMENTS_BASE + FRAG_MIN_SIZE + index * 4, true),
    accepted: statistic(FRAG_STAT_ACCEPTED),
    completed: statistic(FRAG_STAT_COMPLETED),
    expired: statistic(FRAG_STAT_EXPIRED),
    tooSmall: statistic(FRAG_STAT_TOO_SMALL),
    overlapping: statistic(FRAG_STAT_OVERLAP),
  };
}
