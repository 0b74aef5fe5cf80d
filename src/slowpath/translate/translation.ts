/** What a translation yields: the contract between translate/ and the upcall handler and revalidator (src/slowpath/). */
import type { DatapathAction } from "../../fastpath/datapath-action.ts";
import type { Action, ControllerAction } from "../actions/action.ts";
import type { LookupCounter } from "../tables/lookup-counters.ts";
import type { Bucket, Rule } from "../tables/rule.ts";

export interface Translation {
  readonly actions: readonly DatapathAction[];
  /** FLOW_SIZE bytes: every bit looked at. The megaflow's mask is its first KEY_SIZE bytes, with in_port and recirc_id exact. */
  readonly wildcards: Uint8Array;
  /** FLOW_SIZE bytes: every bit the pipeline wrote, so that a table may have seen another value than the packet's. */
  readonly written: Uint8Array;
  /** The actions need this very packet (controller, invalid TTL, …): the megaflow becomes userspace(slow_path) and each packet is translated. */
  readonly slow: "" | "controller" | "action" | "too_deep" | "error";
  /** Rules hit, each once, in order: statistics flow to them. */
  readonly rules: readonly Rule[];
  /** Tables that were looked up without finding a rule. */
  readonly missedTables: readonly number[];
  /** Where its packets count as looked up: once for each look-up. */
  readonly lookups: readonly LookupCounter[];
  /** Groups gone through, and the buckets whose statistics the slow path itself must count (the fast path counts one-pass selects). */
  readonly groups: readonly number[];
  readonly buckets: readonly Bucket[];
  readonly usesMacLearning: boolean;
  /** It asked for every port of a bridge, or for one that is not there: another port may make a difference. */
  readonly wantsPorts: boolean;
  /** Recirculation ids that the actions name: retained while the megaflow lives. */
  readonly recirculationIds: readonly number[];
  /** To be done once for each packet, in order, when `translate` was asked to collect them. */
  readonly effects: readonly Effect[];
  /** Why translation stopped early, in a sentence; the actions are then empty (drop). */
  readonly error?: string;
}

/** `bridge`: the name of the bridge it happens on; patch ports lead a packet through several. */
export type Effect = { readonly bridge: string } & (
  | { readonly type: "learn_mac"; readonly vlan: number; readonly mac: Uint8Array; readonly port: number }
  /** A rule that learn() makes or deletes; `rule.match` and `rule.actions` complete. */
  | { readonly type: "learn"; readonly spec: LearnedRule }
  | { readonly type: "packet_in"; readonly packetIn: PacketInRequest }
  | { readonly type: "fin_timeout"; readonly rule: Rule; readonly idle: number; readonly hard: number }
);

export interface LearnedRule {
  readonly table: number;
  readonly priority: number;
  readonly idleTimeout: number;
  readonly hardTimeout: number;
  readonly cookie: bigint;
  readonly sendFlowRem: boolean;
  readonly deleteLearned: boolean;
  readonly limit: number;
  readonly match: { readonly value: Uint8Array; readonly mask: Uint8Array };
  readonly actions: readonly Action[];
}

/**
 * Why a packet goes to a controller: what the action says, or that no rule matched: a rule of priority 0 for all the rest
 * sent it ("explicit_miss"), or the table is configured to ("implicit_miss").
 */
export type PacketInReason = ControllerAction["reason"] | "explicit_miss" | "implicit_miss";

/** A packet for the controller: the frame is the packet as it was at that moment (see `pendingActions`). */
export interface PacketInRequest {
  readonly reason: PacketInReason;
  readonly table: number;
  readonly cookie: bigint;
  readonly maxLength: number;
  readonly controllerId: number;
  readonly userdata?: Uint8Array;
  readonly meterId?: number;
  /** The flow at that moment (FLOW_SIZE bytes): registers, metadata, in_port, conntrack fields. */
  readonly flow: Uint8Array;
  /** Datapath actions that turn the received frame into the frame to send up (the edits made so far). */
  readonly pendingActions: readonly DatapathAction[];
  /** Frozen state for NXT_RESUME when the action said `pause`. */
  readonly continuation?: number;
}
