/** The fast path's counters, read from shared memory. */
import {
  COUNTER_BATCHES,
  COUNTER_CACHE_HIT,
  COUNTER_CLONED,
  COUNTER_CSUM_FINISHED,
  COUNTER_CT_COUNT,
  COUNTER_CT_CREATED,
  COUNTER_CT_EXPIRED,
  COUNTER_DROP,
  COUNTER_EXECUTED,
  COUNTER_MASKS_PROBED,
  COUNTER_MEGAFLOW_HIT,
  COUNTER_MISS,
  COUNTER_OFFLOAD_FULL,
  COUNTER_OFFLOAD_PACKETS,
  COUNTER_OFFLOADED,
  COUNTER_OFFLOADS,
  COUNTER_PACKETS,
  COUNTER_REASSEMBLED,
  COUNTER_RECIRCULATED,
  COUNTER_SEGMENTED,
  COUNTER_SPENT,
  COUNTER_UPCALL,
  DROP_REASONS,
} from "../../assembly/layout/counter.ts";
import { COUNTERS_BASE } from "../../assembly/memory.ts";
import type { Counters } from "./datapath.ts";
import { dropReasonName } from "./drop-reasons.ts";

export function readCounters(view: DataView): Counters {
  const counter = (index: number) => view.getBigUint64(COUNTERS_BASE + index * 8, true);
  return {
    batches: counter(COUNTER_BATCHES),
    packets: counter(COUNTER_PACKETS),
    recirculated: counter(COUNTER_RECIRCULATED),
    cacheHits: counter(COUNTER_CACHE_HIT),
    megaflowHits: counter(COUNTER_MEGAFLOW_HIT),
    masksProbed: counter(COUNTER_MASKS_PROBED),
    misses: counter(COUNTER_MISS),
    upcalls: counter(COUNTER_UPCALL),
    executed: counter(COUNTER_EXECUTED),
    segmented: counter(COUNTER_SEGMENTED),
    checksumsFinished: counter(COUNTER_CSUM_FINISHED),
    cloned: counter(COUNTER_CLONED),
    spent: counter(COUNTER_SPENT),
    reassembled: counter(COUNTER_REASSEMBLED),
    offloads: counter(COUNTER_OFFLOADS),
    offloaded: counter(COUNTER_OFFLOADED),
    offloadsRefused: counter(COUNTER_OFFLOAD_FULL),
    offloadPackets: counter(COUNTER_OFFLOAD_PACKETS),
    connectionsCreated: counter(COUNTER_CT_CREATED),
    connectionsExpired: counter(COUNTER_CT_EXPIRED),
    connections: counter(COUNTER_CT_COUNT),
    drops: new Map(
      Array.from({ length: DROP_REASONS }, (_, reason) => [dropReasonName(reason), counter(COUNTER_DROP + reason)]),
    ),
  };
}
