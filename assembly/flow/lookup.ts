/**
 * Megaflow look-up: tuple space search over the masks in use, most-hit first, for all packets of a batch together.
 *
 * What: insert, remove, look up. The rest of the fast path knows no more of it than these, so another search can take
 *   its place.
 * Invariants: megaflows are disjoint (the slow path sees to it), so the first one that covers a key is the right one.
 *   A mask that reaches beyond a packet's key extent still works: the key is zero there.
 * Cost: probing a mask without a hit is its hash and one cache line: 2 ns (probe.ts).
 */
import { countMany } from "../counters.ts";
import { CONTROL_NOW, CONTROL_RANKED_AT } from "../layout/control.ts";
import { COUNTER_MASKS_PROBED } from "../layout/counter.ts";
import { MAX_MASKS } from "../layout/limits.ts";
import { MASK_FLOWS, MASK_HITS } from "../layout/mask.ts";
import { FLOW_HASH, FLOW_KEY, FLOW_MASK, FLOW_PACKETS, FLOW_STATE, FLOW_STATE_DEAD, FLOW_STATE_LIVE } from "../layout/megaflow.ts";
import { CONTROL_BASE } from "../memory.ts";
import { forgetFitness, withdrawFlow } from "../offload/withdraw.ts";
import { writeLaneConstants } from "./hash-lanes.ts";
import { hashPacked } from "./masked-key.ts";
import { addFlow, deleteFlow, findFlow, firstCandidate } from "./megaflow-table.ts";
import {
  CANDIDATE_FLOW,
  CANDIDATE_HASH,
  CANDIDATE_MASK,
  CANDIDATE_MASKS,
  CANDIDATE_PLACE,
  CANDIDATE_SIZE,
  CANDIDATES,
  hasRoom,
  KEYS,
  padKeys,
  probe,
  RESULTS,
} from "./probe.ts";
import { RANKED, rankedCount, resetSubtables, setRankedCount } from "./subtable-memory.ts";

/** Milliseconds between two orderings of the masks. */
const RANK_INTERVAL: u64 = 1000;
/** Places that masks may move up in one ordering; the rest follows with the next one. */
const RANK_MOVES: u32 = 65536;

export function lookupInitialize(): void {
  resetSubtables();
  writeLaneConstants();
}

/** Asks for the megaflow of `key` as number `count` of a look-up; it is stored at `result`, 0 = none. */
@inline
export function wantMegaflow(count: u32, key: usize, result: usize): void {
  store<u32>(KEYS + (<usize>count << 2), <u32>key);
  store<u32>(RESULTS + (<usize>count << 2), <u32>result);
  store<u32>(result, 0);
}

/**
 * Finds the `count` megaflows asked for. The further down the ranks, the rarer is a hit, and the more masks are probed before
 * the candidates are looked at: their cache misses then overlap, at the price of some probes for packets that have their flow.
 */
export function lookupMegaflows(count: u32): void {
  const masks = rankedCount();
  let looking = count;
  let probed: u64 = 0;
  let fetched: u32 = 0;
  let stride: u32 = 1;
  for (let i: u32 = 0; i < masks && looking != 0; ) {
    const end = min<u32>(i + stride, masks);
    const first = i;
    padKeys(looking);
    let candidates: usize = CANDIDATES;
    for (; i < end && hasRoom(candidates, looking); i++) {
      const mask: usize = load<u32>(RANKED + (<usize>i << 2));
      fetched += fetchMask(load<u32>(RANKED + (<usize>i << 2), 4)); // behind the last one stands any readable address
      candidates = probe(mask, looking, candidates);
    }
    probed += <u64>looking * (i - first);
    if (candidates != CANDIDATES) looking -= settle(candidates, looking);
    stride = min<u32>(stride << 1, CANDIDATE_MASKS);
  }
  countMany(COUNTER_MASKS_PROBED, probed);
  store<u32>(CANDIDATES, fetched, CANDIDATE_FLOW); // or the compiler would see that nobody wants them
}

/** Reads a word of each line of a mask's record while the mask before it is probed: 8 % of a look-up through 512 masks and more. */
@inline
function fetchMask(mask: usize): u32 {
  return load<u32>(mask) + load<u32>(mask, 64) + load<u32>(mask, 128);
}

/** Looks at the candidates, and takes the packets that found their megaflow out of the lists; how many did. */
function settle(end: usize, looking: u32): u32 {
  fetchAhead(end);
  let hits: u32 = 0;
  for (let candidate: usize = CANDIDATES; candidate < end; candidate += CANDIDATE_SIZE) {
    const place: usize = load<u32>(candidate, CANDIDATE_PLACE);
    const key: usize = load<u32>(KEYS + place);
    if (key == 0) continue; // has found it by another mask
    const mask: usize = load<u32>(candidate, CANDIDATE_MASK);
    const flow = findFlow(mask, key, load<u32>(candidate, CANDIDATE_HASH));
    if (flow == 0) continue;
    store<u32>(load<u32>(RESULTS + place), <u32>flow);
    store<u32>(KEYS + place, 0);
    store<u64>(mask, load<u64>(mask, MASK_HITS) + 1, MASK_HITS);
    hits++;
  }
  if (hits == 0 || hits == looking) return hits;
  let left: usize = 0;
  for (let at: usize = 0; at < <usize>looking << 2; at += 4) {
    const key = load<u32>(KEYS + at);
    store<u32>(KEYS + left, key);
    store<u32>(RESULTS + left, load<u32>(RESULTS + at));
    left += <usize>(key != 0) << 2;
  }
  return hits;
}

/** Reads a word of each line that will be wanted, so that the candidates' cache misses overlap. */
@inline
function fetchAhead(end: usize): void {
  for (let candidate: usize = CANDIDATES; candidate < end; candidate += CANDIDATE_SIZE) {
    const flow = firstCandidate(load<u32>(candidate, CANDIDATE_MASK), load<u32>(candidate, CANDIDATE_HASH));
    store<u32>(candidate, <u32>flow, CANDIDATE_FLOW);
  }
  let sum: u32 = 0;
  for (let candidate: usize = CANDIDATES; candidate < end; candidate += CANDIDATE_SIZE) {
    const flow: usize = load<u32>(candidate, CANDIDATE_FLOW);
    sum += load<u32>(flow, FLOW_PACKETS) + load<u32>(flow, FLOW_KEY);
  }
  store<u32>(CANDIDATES, sum, CANDIDATE_FLOW); // or the compiler would see that nobody wants them
}

/** The megaflow that covers the key, 0 = none. */
export function lookupMegaflow(key: usize): usize {
  wantMegaflow(0, key, RESULTS + 4);
  lookupMegaflows(1);
  return load<u32>(RESULTS + 4);
}

/** Links a filled flow record and makes it live; a record that finds no room is left dead. */
export function insertMegaflow(flow: usize): bool {
  const mask: usize = load<u32>(flow, FLOW_MASK);
  store<u32>(flow, hashPacked(flow, mask), FLOW_HASH);
  forgetFitness(flow);
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
  withdrawFlow(flow);
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
