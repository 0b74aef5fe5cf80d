/**
 * What: a packet's flow and the OpenFlow tables in; datapath actions, the exact set of bits that decided them, and side
 *   effects out.
 * Invariants: any packet that agrees with this one on `wildcards` (first KEY_SIZE bytes, in_port and recirc_id exact) and
 *   meets the same tables, groups and ports translates to the same actions. A bit looked at and not marked is the worst
 *   bug this program can have: test/slowpath/translate/covering.test.ts looks for it.
 *   The input flow is not changed.
 * Cost: a walk through OVN's sixty tables takes some ten microseconds when warm (bench/); nothing on that way uses bigint.
 * Not handled: mirrors, sFlow/IPFIX/NetFlow, bonds, CFM/BFD/LACP/STP, NSH.
 */
import {
  CT_STATE_TRACKED,
  KEY_CT_STATE,
  KEY_ETH_TYPE,
  KEY_IN_PORT,
  KEY_MPLS_LSE0,
  KEY_NW_FRAG,
  KEY_NW_PROTO,
  KEY_RECIRC_ID,
  KEY_SIZE,
  KEY_TP_DST,
  KEY_TP_SRC,
  KEY_TUN_ID,
  KEY_VLAN_TCI0,
  NW_FRAG_ANY,
  NW_FRAG_LATER,
  VLAN_CFI,
} from "../../../assembly/layout/key.ts";
import type { Action } from "../actions/action.ts";
import { recirculationIdOfKey } from "../datapath-key.ts";
import { FLOW_PACKET_TYPE, FLOW_SIZE } from "../flow/flow-layout.ts";
import { getPacketType, setPacketType } from "../flow/packet-type.ts";
import { PORT_UNSET } from "../flow/port-text.ts";
import { ETH_TYPE_IP, ETH_TYPE_IPV6, IP_PROTO_ICMP, IP_PROTO_ICMPV6 } from "../flow/prerequisites.ts";
import { addToActionSet, runActionSet, setActsetOutput } from "./action-set.ts";
import type { Bridge } from "./bridge.ts";
import { clearTracking } from "./conntrack.ts";
import { type Decided, TranslationContext, type TranslationError, type TranslationRoom } from "./context.ts";
import { giveBack, takeFlow } from "./flow-pool.ts";
import { thawMetadata } from "./frozen-metadata.ts";
import { isMpls } from "./mpls.ts";
import { type FrozenState, formatFrozenAction, type RecirculationTable } from "./recirculation.ts";
import { runTable } from "./resubmit.ts";
import type { SelectMode } from "./select.ts";
import type { Trace } from "./trace.ts";
import type { LearnedRule, Translation } from "./translation.ts";
import { cameByTunnel } from "./tunnel.ts";

export interface TranslationInput {
  /** The bridge that the packet's port belongs to; a recirculated packet goes on in the bridge that was frozen. */
  readonly bridge: Bridge;
  /** FLOW_SIZE bytes, flow-layout.ts; in_port is the OpenFlow port. A recirc_id other than 0 is a frozen state's. */
  readonly flow: Uint8Array;
  readonly recirculation: RecirculationTable;
  /** How select groups are done: select.ts. */
  readonly select: SelectMode;
  /** In place of a table lookup: a packet-out, or what a controller resumes. */
  readonly actions?: readonly Action[];
  readonly packetOut?: boolean;
  /** A frozen state to go on from, in place of the one that the flow's recirc_id names (NXT_RESUME). */
  readonly resume?: number;
  /**
   * The packet itself, when there is one: flows that need each packet in the slow path are then decided by its length and hash,
   * where the fast path would branch.
   */
  readonly packet?: Decided;
  /** Whether the rule's limit lets it be learned in that bridge; without it every learn() succeeds. */
  readonly mayLearn?: (rule: LearnedRule, bridge: string) => boolean;
  readonly trace?: Trace;
  /** Holds the translation's `wildcards` and `written` until it is used for the next one. Left out: they are the caller's to keep. */
  readonly room?: TranslationRoom;
}

const sentences: Record<TranslationError, string> = {
  too_deep: "Recursion too deep",
  too_many_resubmits: "Too many resubmits",
  too_many_actions: "Too many datapath actions",
  stack_too_deep: "Stack too deep",
  too_many_mpls_labels: "Too many MPLS labels",
  unsupported_packet_type: "Unsupported packet type",
  no_frozen_state: "No recirculation context",
};

export function translate(input: TranslationInput): Translation {
  const first = walk(input);
  if (!first.branched || first.slow === "" || !input.packet || first.error) return first;
  // Side effects happen on the branch that this packet takes, and nowhere else.
  const decided = walk({ ...input, trace: undefined, room: undefined }, input.packet);
  return { ...decided, wildcards: first.wildcards, written: first.written, slow: first.slow, rules: first.rules };
}

function walk(input: TranslationInput, decided?: Decided): Translation & { readonly branched: boolean } {
  const flow = takeFlow(input.flow);
  const base = takeFlow(input.flow);
  const context = new TranslationContext(input, flow, base, decided);
  // The datapath keeps no tunnel metadata unless told again.
  base.fill(0, KEY_TUN_ID, KEY_SIZE);
  startWildcards(context.wildcards, flow);
  setActsetOutput(context, PORT_UNSET);
  context.enter({ kind: "bridge", text: `bridge("${input.bridge.name}")` });
  const id = input.resume ?? recirculationIdOfKey(flow);
  const frozen = id === 0 ? undefined : input.recirculation.state(id);
  if (id !== 0 && !frozen) context.fail("no_frozen_state");
  else if (frozen) runFrozen(context, frozen);
  else runFromStart(context);
  if (!context.error) {
    if (!context.freezing) runActionSet(context);
    context.finishFreezing();
  }
  finishWildcards(context.wildcards, input.flow);
  if (input.trace) lastFlow.set(input.trace, flow.slice());
  giveBack(flow);
  giveBack(base);
  return result(context);
}

/** The flow as translation left it, for "Final flow:" of traces. */
const lastFlow = new WeakMap<Trace, Uint8Array>();
export function finalFlow(trace: Trace): Uint8Array | undefined {
  return lastFlow.get(trace);
}

function result(context: TranslationContext): Translation & { readonly branched: boolean } {
  const { wildcards, written, rules, missedTables, lookups, groups, buckets, recirculationIds, effects, error } =
    context;
  return {
    actions: error ? [] : unwrapLastClone(context.actions),
    wildcards,
    written,
    slow: error ? "" : context.slow,
    rules,
    missedTables,
    lookups,
    groups,
    buckets,
    usesMacLearning: context.usesMacLearning,
    wantsPorts: context.wantsPorts,
    recirculationIds,
    effects: error ? [] : effects,
    error: error && sentences[error],
    branched: context.branched,
  };
}

/** A clone that nothing follows need not be one. */
function unwrapLastClone(actions: Translation["actions"]): Translation["actions"] {
  const last = actions.at(-1);
  return last?.type === "clone" ? unwrapLastClone([...actions.slice(0, -1), ...last.actions]) : actions;
}

function runFromStart(context: TranslationContext): void {
  const { flow, input } = context;
  // Only in traces: a packet's first pass is untracked.
  if (flow[KEY_CT_STATE + 1] & CT_STATE_TRACKED) {
    context.conntracked = true;
    context.wildcards[KEY_CT_STATE + 1] |= CT_STATE_TRACKED;
  }
  if (input.actions) {
    context.execute(input.actions, true, false);
    return;
  }
  const port = context.bridge.port((flow[KEY_IN_PORT + 2] << 8) | flow[KEY_IN_PORT + 3]);
  if (port?.noReceive || port?.down) {
    context.report("detail", "port is configured not to receive, dropping");
    return;
  }
  context.depth = -1;
  const first = runTable(context, { table: 0, last: true, missesCount: true });
  // What the action set sends to the controller is told with the cookie of the pipeline's first rule.
  if (first) context.cookie = first.cookie;
}

function runFrozen(context: TranslationContext, state: FrozenState): void {
  const { flow, nodes } = context;
  context.enter({ kind: "thaw", text: "thaw" });
  context.bridge = state.bridge;
  context.report("state", `Resuming from table ${state.table ?? 0}`);
  context.conntracked = state.conntracked;
  context.hashed = state.hashed;
  if (!state.conntracked) clearTracking(context);
  thawMetadata(state.metadata, flow, context.written);
  // The datapath's packet begins as the pipeline's does.
  setPacketType(context.base, getPacketType(flow));
  context.stack.push(...state.stack);
  if (state.actionSet.length > 0) {
    context.report("state", `Restoring action set: ${context.describe(state.actionSet)}`);
    addToActionSet(context, state.actionSet);
  }
  if (state.actions.length > 0) {
    context.report("state", `Restoring actions: ${state.actions.map(formatFrozenAction).join(",")}`);
  }
  context.nodes = nodes;
  if (state.actions.length > 0) {
    context.execute(state.actions, true, false);
  } else if (state.table !== undefined) {
    context.table = state.table;
    context.depth = -1;
    runTable(context, { table: state.table, last: true, missesCount: true });
  }
}

/** What every megaflow looks at. */
function startWildcards(wildcards: Uint8Array, flow: Uint8Array): void {
  wildcards.fill(0xff, KEY_RECIRC_ID, KEY_IN_PORT + 4);
  wildcards.fill(0xff, KEY_ETH_TYPE, KEY_ETH_TYPE + 2);
  wildcards.fill(0xff, FLOW_PACKET_TYPE, FLOW_PACKET_TYPE + 4);
  if (isIp(flow)) wildcards[KEY_NW_FRAG] = NW_FRAG_ANY | NW_FRAG_LATER;
}

function isIp(flow: Uint8Array): boolean {
  const type = (flow[KEY_ETH_TYPE] << 8) | flow[KEY_ETH_TYPE + 1];
  return type === ETH_TYPE_IP || type === ETH_TYPE_IPV6;
}

function isIcmp(flow: Uint8Array): boolean {
  const type = (flow[KEY_ETH_TYPE] << 8) | flow[KEY_ETH_TYPE + 1];
  if (type === ETH_TYPE_IP) return flow[KEY_NW_PROTO] === IP_PROTO_ICMP;
  return type === ETH_TYPE_IPV6 && flow[KEY_NW_PROTO] === IP_PROTO_ICMPV6;
}

/** Takes away what says nothing, adds what the datapath's way of writing megaflows implies. */
function finishWildcards(wildcards: Uint8Array, packet: Uint8Array): void {
  // Nothing past the key: zero at the start, part of the frozen state (hence of recirc_id) later.
  wildcards.fill(0, KEY_SIZE, FLOW_SIZE);
  wildcards.fill(0xff, FLOW_PACKET_TYPE, FLOW_PACKET_TYPE + 4);
  // ICMP type and code fill the low bytes of the port fields: the high ones are always zero.
  if (isIcmp(packet) && wildcards[KEY_NW_PROTO] === 0xff) {
    wildcards[KEY_TP_SRC] = 0;
    wildcards[KEY_TP_DST] = 0;
  }
  // Later fragments have no ports; nw_frag is exact.
  if (packet[KEY_NW_FRAG] & NW_FRAG_LATER) wildcards.fill(0, KEY_TP_SRC, KEY_TP_DST + 2);
  if (!isMpls(packet)) wildcards.fill(0, KEY_MPLS_LSE0, KEY_TUN_ID);
  // The port a packet came by, always exact, tells whether there can be tunnel fields.
  if (!cameByTunnel(packet)) wildcards.fill(0, KEY_TUN_ID, KEY_SIZE);
  // Megaflows always say whether there is a tag and which VLAN's: flows in text cannot leave that open.
  if (wildcards[KEY_VLAN_TCI0] === 0 && wildcards[KEY_VLAN_TCI0 + 1] === 0) {
    wildcards[KEY_VLAN_TCI0] = 0x0f;
    wildcards[KEY_VLAN_TCI0 + 1] = 0xff;
  }
  wildcards[KEY_VLAN_TCI0] |= VLAN_CFI >> 8;
}
