/** Rules, groups and meters as the bridge holds them, and what a lookup gives. Text and wire forms are elsewhere. */
import type { Action } from "../actions/action.ts";
import type { LookupCounters } from "./lookup-counters.ts";

/** A match: `value` is zero outside `mask`; both FLOW_SIZE bytes (flow-layout.ts). */
export interface Match {
  readonly value: Uint8Array;
  readonly mask: Uint8Array;
}

/** Statistics shared by everything that forwards packets; filled from megaflow statistics by the revalidator. */
export interface Statistics {
  packets: bigint;
  bytes: bigint;
  /** Milliseconds of CLOCK_MONOTONIC. */
  used: number;
}

export interface Rule {
  readonly table: number;
  /** 0…65535. */
  readonly priority: number;
  readonly match: Match;
  cookie: bigint;
  actions: readonly Action[];
  /** Seconds, 0 = none. */
  idleTimeout: number;
  hardTimeout: number;
  readonly importance: number;
  flags: RuleFlags;
  /** Milliseconds of CLOCK_MONOTONIC. */
  readonly created: number;
  modified: number;
  readonly statistics: Statistics;
  /** conjunction(id, clause/clauses) actions of this rule, when that is all it has. */
  readonly conjunctions?: readonly { readonly id: number; readonly clause: number; readonly clauses: number }[];
}

export interface RuleFlags {
  readonly sendFlowRem: boolean;
  readonly checkOverlap: boolean;
  readonly resetCounts: boolean;
  readonly noPacketCounts: boolean;
  readonly noByteCounts: boolean;
  /** Not shown by dump-flows unless asked for, not touched by controllers. */
  readonly hidden: boolean;
  readonly readonlyTable: boolean;
}

export type GroupType = "all" | "select" | "indirect" | "fast_failover";

export interface Bucket {
  readonly id: number;
  readonly weight: number;
  /** OpenFlow port that must be up, or undefined. */
  readonly watchPort?: number;
  readonly watchGroup?: number;
  readonly actions: readonly Action[];
  readonly statistics: Statistics;
  /** Address of the datapath's bucket counters (Datapath.allocateBucketCounters), 0 until first used. */
  counters: number;
}

export interface Group {
  readonly id: number;
  readonly type: GroupType;
  /** select only: "" = OVS's default (dp_hash), else dp_hash or hash. */
  readonly selectionMethod: "" | "dp_hash" | "hash";
  readonly selectionParam: bigint;
  /** selection_method=hash (or "hash" with no fields: 5-tuple): names of fields with masks, in field-id order. */
  readonly fields: readonly { readonly name: string; readonly mask?: Uint8Array }[];
  readonly buckets: readonly Bucket[];
  readonly statistics: Statistics;
  readonly created: number;
}

export interface Meter {
  readonly id: number;
  readonly unit: "kbps" | "pktps";
  readonly burst: boolean;
  readonly stats: boolean;
  readonly bands: readonly { readonly type: "drop"; readonly rate: number; readonly burst: number }[];
  /** Index in the datapath. */
  readonly datapathIndex: number;
}

/**
 * What translation asks of the tables. `wildcards` (FLOW_SIZE bytes) collects every bit the lookup looked at; a bit
 * looked at and not set there is a wrong megaflow, a bit too many only costs speed.
 */
export interface FlowLookup {
  lookup(table: number, flow: Uint8Array, wildcards: Uint8Array | null): Rule | undefined;
  /** Of a table, whether or not it has rules. */
  counters(table: number): LookupCounters;
}
