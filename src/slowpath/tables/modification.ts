/** What controllers and ovs-ofctl ask of the tables: flow mods, group mods, meter mods, and how they are refused. */
import type { Action } from "../actions/action.ts";
import type { GroupType, Match, Meter, RuleFlags } from "./rule.ts";

/** `table` of a flow mod that means every table. */
export const ALL_TABLES = 255;
export const TABLE_COUNT = 255;
/** Ids of groups: up to this; OFPG_ALL means every group. */
export const GROUP_MAX = 0xffff_ff00;
export const GROUP_ALL = 0xffff_fffc;

export interface FlowMod {
  readonly kind: "flow";
  readonly command: "add" | "modify" | "modify_strict" | "delete" | "delete_strict";
  /** ALL_TABLES: every table (an addition goes to table 0 then). */
  readonly table: number;
  readonly priority: number;
  readonly match: Match;
  /** Modify and delete: only rules whose cookie is equal under the mask. */
  readonly cookie: bigint;
  readonly cookieMask: bigint;
  /** Cookie of what is added, and of what is modified unless undefined. */
  readonly newCookie?: bigint;
  /** Modify: when there is no such rule it is added, with this cookie (OpenFlow 1.0 and 1.1). */
  readonly addIfMissing?: { readonly cookie: bigint };
  readonly idleTimeout: number;
  readonly hardTimeout: number;
  readonly importance: number;
  readonly flags: RuleFlags;
  readonly actions: readonly Action[];
  /** Delete: only rules with an output to this port, or to this group. */
  readonly outPort?: number;
  readonly outGroup?: number;
}

export interface BucketSpec {
  /** undefined: the lowest number that is free. */
  readonly id?: number;
  readonly weight: number;
  readonly watchPort?: number;
  readonly watchGroup?: number;
  readonly actions: readonly Action[];
}

export interface GroupMod {
  readonly kind: "group";
  readonly command: "add" | "modify" | "add_or_mod" | "delete" | "insert_bucket" | "remove_bucket";
  /** Delete: GROUP_ALL for every group. */
  readonly id: number;
  readonly type: GroupType;
  readonly selectionMethod: "" | "dp_hash" | "hash";
  readonly selectionParam: bigint;
  readonly fields: readonly { readonly name: string; readonly mask?: Uint8Array }[];
  readonly buckets: readonly BucketSpec[];
  /** insert_bucket: after which one (or first, last); remove_bucket: which one. */
  readonly commandBucket?: number | "first" | "last" | "all";
}

export interface MeterMod {
  readonly kind: "meter";
  readonly command: "add" | "modify" | "delete";
  /** Delete: "all" for every meter. */
  readonly id: number | "all";
  readonly config?: Pick<Meter, "unit" | "burst" | "stats" | "bands">;
}

export type Modification = FlowMod | GroupMod | MeterMod;

export const noFlags: RuleFlags = {
  sendFlowRem: false,
  checkOverlap: false,
  resetCounts: false,
  noPacketCounts: false,
  noByteCounts: false,
  hidden: false,
  readonlyTable: false,
};

/** OpenFlow's name for the refusal, and a sentence. */
export class ModificationError extends Error {
  readonly code: string;
  readonly sentence: string;
  /** Which one of the list it was. */
  readonly index: number;

  constructor(code: string, message: string, index = 0) {
    super(`${code}: ${message}`);
    this.code = code;
    this.sentence = message;
    this.index = index;
  }
}
