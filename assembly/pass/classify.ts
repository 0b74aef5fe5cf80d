/**
 * From the packets of a pass to their megaflows: by the exact-match cache, else by the tables.
 *
 * What: in stages over all packets, so that cache misses overlap: all hints, then all comparisons, then the tables for the rest.
 *   A burst of one connection is matched once.
 */
import { countMany } from "../counters.ts";
import { cachedFlow, covers, remember } from "../flow/cache.ts";
import { lookupMegaflows, wantMegaflow } from "../flow/lookup.ts";
import { COUNTER_CACHE_HIT, COUNTER_MEGAFLOW_HIT } from "../layout/counter.ts";
import { KEY_EXTENT_CT4, KEY_EXTENT_IPV4, KEY_NW_SRC } from "../layout/key.ts";
import { FLOW_KEY, FLOW_PROGRAM, FLOW_STATE } from "../layout/megaflow.ts";
import { KEY_EXTENT_CT4, KEY_EXTENT_IPV4 } from "../layout/key.ts";
import { MASK_BLOCK_COUNT, MASK_BLOCKS, MASK_WHOLE_BLOCKS } from "../layout/mask.ts";
import { FLOW_KEY, FLOW_MASK, FLOW_PROGRAM, FLOW_STATE } from "../layout/megaflow.ts";
import { PACKET_KEY, PACKET_KEY_EXTENT, PACKET_RSS_HASH } from "../layout/packet.ts";
import { ALL_ONES, FETCHED, FLOWS, HASHES, MISSED, PASS, SAME } from "./lists.ts";
import { needsOf, needsOfAll } from "./needs.ts";

/**
 * The cache's hints, and a word of each hinted flow's two lines, so that their cache misses overlap. A packet whose key is that of the
 * packet before it, as in a burst of one connection, is only marked, where the pipeline has not done so.
 */
@inline
export function readHints(end: usize): void {
  let sum: u32 = 0;
  let hashBefore: u32 = 0; // no packet's
  for (let i: usize = 0; i < end; i += 4) {
    const hash = load<u32>(HASHES + i);
    if (hash == hashBefore) {
      if (load<u32>(SAME + i) != 0) continue; // found out by the parser
      if (haveOneKey(load<u32>(PASS + i), load<u32>(PASS + i - 4))) {
        store<u32>(SAME + i, ALL_ONES);
        continue;
      }
    }
    hashBefore = hash;
    const flow = cachedFlow(hash);
    store<u32>(FLOWS + i, <u32>flow);
    sum += load<u32>(flow, FLOW_STATE) + load<u32>(flow, FLOW_KEY);
  }
  store<u32>(FETCHED, sum);
}

/** Equal keys of IPv4 size, tracked or not, and no trace of having been different ones before they were edited. */
@inline
export function haveOneKey(packet: usize, before: usize): bool {
  const extent = load<u32>(packet, PACKET_KEY_EXTENT);
  if (extent > <u32>KEY_EXTENT_CT4 || load<u32>(before, PACKET_KEY_EXTENT) != extent) return false;
  if (load<u32>(packet, PACKET_RSS_HASH) != load<u32>(before, PACKET_RSS_HASH)) return false;
  const key: usize = load<u32>(packet, PACKET_KEY);
  const other: usize = load<u32>(before, PACKET_KEY);
  if (load<u64>(key, KEY_NW_SRC) != load<u64>(other, KEY_NW_SRC)) return false; // what nearly always differs when anything does
  let differing = v128.or(
    v128.or(
      v128.xor(v128.load(key), v128.load(other)),
      v128.xor(v128.load(key, 16), v128.load(other, 16)),
    ),
    v128.or(
      v128.xor(v128.load(key, 32), v128.load(other, 32)),
      v128.xor(v128.load(key, 48), v128.load(other, 48)),
    ),
  );
  if (extent > <u32>KEY_EXTENT_IPV4) {
    const tracked = v128.or(
      v128.xor(v128.load(key, 64), v128.load(other, 64)),
      v128.xor(v128.load(key, 80), v128.load(other, 80)),
    );
    differing = v128.or(differing, tracked);
  }
  return !v128.any_true(differing);
}

/** Turns the hints in FLOWS into megaflows that cover their packets, 0 where there is none. What their programs need. */
@inline
export function classify(end: usize): u32 {
  let missed: u32 = 0;
  let needs: u32 = 0;
  let known: usize = 0;
  let hint: usize = 0; // of a packet that is the same: the megaflow before
  let before: usize = 0; // the megaflow compared last
  for (let i: usize = 0; i < end; i += 4) {
    if (load<u32>(SAME + i) != 0) {
      if (hint != 0) {
        store<u32>(FLOWS + i, <u32>hint);
        continue;
      }
    } else {
      hint = load<u32>(FLOWS + i);
    }
    const key: usize = load<u32>(load<u32>(PASS + i), PACKET_KEY);
    if (hint != 0 && covers(hint, key)) {
      if (hint == before) i = classifyRow(i + 4, end, hint) - 4;
      before = hint;
      const program: usize = load<u32>(hint, FLOW_PROGRAM);
      if (program == known) continue;
      known = program;
      needs |= needsOf(program);
      continue;
    }
    store<u32>(MISSED + (<usize>missed << 2), <u32>i);
    wantMegaflow(missed, key, FLOWS + i);
    missed++;
    hint = 0;
  }
  countMany(COUNTER_CACHE_HIT, (end >> 2) - missed);
  if (missed == 0) return needs;
  lookUp(missed);
  return needsOfAll(end);
}

/**
 * The place behind those of a row of packets that hint at one live megaflow and are covered by it, as those of a group or of a port
 * are: mask and blocks stay in registers. A function of its own, or `classify` would pay for the registers where each packet hints
 * at another megaflow.
 */
function classifyRow(from: usize, end: usize, flow: usize): usize {
  const mask: usize = load<u32>(flow, FLOW_MASK);
  if (load<u32>(mask, MASK_BLOCK_COUNT) > <u32>MASK_WHOLE_BLOCKS) return from;
  const mask0 = v128.load(mask, MASK_BLOCKS);
  const mask1 = v128.load(mask, MASK_BLOCKS + 16);
  const mask2 = v128.load(mask, MASK_BLOCKS + 32);
  const mask3 = v128.load(mask, MASK_BLOCKS + 48);
  const flow0 = v128.load(flow, FLOW_KEY);
  const flow1 = v128.load(flow, FLOW_KEY + 16);
  const flow2 = v128.load(flow, FLOW_KEY + 32);
  const flow3 = v128.load(flow, FLOW_KEY + 48);
  let i = from;
  for (; i < end; i += 4) {
    if (load<u32>(SAME + i) != 0) {
      store<u32>(FLOWS + i, <u32>flow);
      continue;
    }
    if (load<u32>(FLOWS + i) != <u32>flow) break;
    const key: usize = load<u32>(load<u32>(PASS + i), PACKET_KEY);
    const differing = v128.or(
      v128.or(
        v128.xor(v128.and(v128.load(key), mask0), flow0),
        v128.xor(v128.and(v128.load(key, 16), mask1), flow1),
      ),
      v128.or(
        v128.xor(v128.and(v128.load(key, 32), mask2), flow2),
        v128.xor(v128.and(v128.load(key, 48), mask3), flow3),
      ),
    );
    if (v128.any_true(differing)) break;
  }
  return i;
}

/** As `classify`, without the cache. */
export function classifyUncached(packets: u32): u32 {
  for (let i: u32 = 0; i < packets; i++) {
    const at = <usize>i << 2;
    wantMegaflow(i, load<u32>(load<u32>(PASS + at), PACKET_KEY), FLOWS + at);
    store<u32>(SAME + at, 0);
  }
  lookupMegaflows(packets);
  let hits: u64 = 0;
  for (let at: usize = 0; at < <usize>packets << 2; at += 4) hits += <u64>(load<u32>(FLOWS + at) != 0);
  countMany(COUNTER_MEGAFLOW_HIT, hits);
  return needsOfAll(<usize>packets << 2);
}

/** Megaflows for the packets in MISSED. */
function lookUp(missed: u32): void {
  lookupMegaflows(missed);
  let hits: u64 = 0;
  for (let i: u32 = 0; i < missed; i++) {
    const at: usize = load<u32>(MISSED + (<usize>i << 2));
    const flow: usize = load<u32>(FLOWS + at);
    if (flow == 0) continue;
    remember(load<u32>(HASHES + at), flow);
    hits++;
  }
  countMany(COUNTER_MEGAFLOW_HIT, hits);
}
