/**
 * Megaflow look-up: tuple space search over the masks in use, most-hit first.
 *
 * What: insert, remove, look up. The rest of the fast path knows no more of it than these, so another search can take
 *   its place.
 * Invariants: megaflows are disjoint (the slow path sees to it), so the first one that covers a key is the right one.
 *   A mask that reaches beyond a packet's key extent still works: the key is zero there.
 * Cost: probing a mask without a hit is its hash and one cache line.
 */
import { countMany } from "../counters.ts";
import {
  CONTROL_NOW,
  CONTROL_RANKED_AT,
  COUNTER_MASKS_PROBED,
  FLOW_HASH,
  FLOW_MASK,
  FLOW_STATE,
  FLOW_STATE_DEAD,
  FLOW_STATE_LIVE,
  MASK_FLOWS,
  MASK_HITS,
  MAX_MASKS,
} from "../layout.ts";
import { CONTROL_BASE } from "../memory.ts";
import { hashMasked, hashPacked } from "./masked-key.ts";
import { addFlow, deleteFlow, findFlow } from "./megaflow-table.ts";
import { RANKED, rankedCount, resetSubtables, setRankedCount } from "./subtable-memory.ts";

/** Milliseconds between two orderings of the masks. */
const RANK_INTERVAL: u64 = 1000;
/** Places that masks may move up in one ordering; the rest follows with the next one. */
const RANK_MOVES: u32 = 65536;

export function lookupInitialize(): void {
  resetSubtables();
}

/** The megaflow that covers the key, 0 = none. */
export function lookupMegaflow(key: usize): usize {
  const masks = rankedCount();
  for (let i: u32 = 0; i < masks; i++) {
    const mask: usize = load<u32>(RANKED + (<usize>i << 2));
    const flow = findFlow(mask, key, hashMasked(key, mask));
    if (flow != 0) {
      store<u64>(mask, load<u64>(mask, MASK_HITS) + 1, MASK_HITS);
      countMany(COUNTER_MASKS_PROBED, i + 1);
      return flow;
    }
  }
  countMany(COUNTER_MASKS_PROBED, masks);
  return 0;
}

/** Links a filled flow record and makes it live; a record that finds no room is left dead. */
export function insertMegaflow(flow: usize): bool {
  const mask: usize = load<u32>(flow, FLOW_MASK);
  store<u32>(flow, hashPacked(flow, mask), FLOW_HASH);
  const first = load<u32>(mask, MASK_FLOWS) == 0;
  if (first && rankedCount() == MAX_MASKS) return refuse(flow);
  if (!addFlow(mask, flow)) return refuse(flow);
  if (first) {
    const masks = rankedCount();
    store<u64>(mask, 0, MASK_HITS);
    store<u32>(RANKED + (<usize>masks << 2), <u32>mask);
    setRankedCount(masks + 1);
  }
  atomic.store<u32>(flow, FLOW_STATE_LIVE, FLOW_STATE);
  return true;
}

function refuse(flow: usize): bool {
  atomic.store<u32>(flow, FLOW_STATE_DEAD, FLOW_STATE);
  return false;
}

/** Unlinks a flow and marks it dead, which is what the exact-match cache looks at. */
export function removeMegaflow(flow: usize): void {
  const mask: usize = load<u32>(flow, FLOW_MASK);
  atomic.store<u32>(flow, FLOW_STATE_DEAD, FLOW_STATE);
  if (deleteFlow(mask, flow) && load<u32>(mask, MASK_FLOWS) == 0) unrank(mask);
}

function unrank(mask: usize): void {
  const masks = rankedCount();
  for (let i: u32 = 0; i < masks; i++) {
    const place = RANKED + (<usize>i << 2);
    if (load<u32>(place) != <u32>mask) continue;
    memory.copy(place, place + 4, <usize>(masks - i - 1) << 2);
    setRankedCount(masks - 1);
    return;
  }
}

/** Once a second: masks by the hits since the last time, the older ones counting half. Insertion sort: nearly sorted. */
export function rankMasks(): void {
  const now = load<u64>(CONTROL_BASE, CONTROL_NOW);
  if (now - load<u64>(CONTROL_BASE, CONTROL_RANKED_AT) < RANK_INTERVAL) return;
  store<u64>(CONTROL_BASE, now, CONTROL_RANKED_AT);
  const masks = rankedCount();
  let moves = RANK_MOVES;
  for (let i: u32 = 0; i < masks; i++) {
    const mask = load<u32>(RANKED + (<usize>i << 2));
    const hits = load<u64>(mask, MASK_HITS);
    let place = i;
    while (place > 0 && moves > 0) {
      const before = load<u32>(RANKED + (<usize>(place - 1) << 2));
      if (load<u64>(before, MASK_HITS) >= hits) break;
      store<u32>(RANKED + (<usize>place << 2), before);
      place--;
      moves--;
    }
    store<u32>(RANKED + (<usize>place << 2), mask);
  }
  for (let i: u32 = 0; i < masks; i++) {
    const mask = load<u32>(RANKED + (<usize>i << 2));
    store<u64>(mask, load<u64>(mask, MASK_HITS) >> 1, MASK_HITS);
  }
}
