/**
 * The state of one translation: the flow as the pipeline sees it, the flow as the datapath has it, what was looked at,
 * what was said so far. Actions (src/slowpath/actions/) and the files beside this one work on it.
 */
import type { DatapathAction } from "../../fastpath/datapath-action.ts";
import type { Action, ControllerAction, NatAction, OfPort } from "../actions/action.ts";
import type { Place } from "../actions/definition.ts";
import { definitionOf, formatAction, formatActions } from "../actions/list.ts";
import type { Subfield } from "../flow/field.ts";
import { getBytes, getSubfield } from "../flow/flow.ts";
import { FLOW_SIZE } from "../flow/flow-layout.ts";
import { formatSubfield } from "../flow/subfield.ts";
import { formatFieldValue, formatHex } from "../flow/value-text.ts";
import type { LookupCounter } from "../tables/lookup-counters.ts";
import type { Bucket, Rule } from "../tables/rule.ts";
import type { Bridge, BridgePort, WithheldAction } from "./bridge.ts";
import { commitChanges } from "./commit.ts";
import { type PacketInAction, sendToController } from "./controller.ts";
import { finishFreezing, freezeRest } from "./freeze.ts";
import type { FrozenAction } from "./recirculation.ts";
import type { Trace, TraceNode } from "./trace.ts";
import type { TranslationInput } from "./translate.ts";
import type { Effect, Translation } from "./translation.ts";

export type TranslationError =
  | "too_deep"
  | "too_many_resubmits"
  | "too_many_actions"
  | "stack_too_deep"
  | "too_many_mpls_labels"
  | "unsupported_packet_type"
  | "no_frozen_state";

/** A second walk for a packet that goes through the slow path each time: branches are decided by the packet itself. */
export interface Decided {
  readonly packetLength: number;
  readonly rssHash: number;
}

/** Where a translation writes what it looked at and what it wrote: for who translates one packet after the other. */
export class TranslationRoom {
  readonly wildcards: Uint8Array;
  readonly written: Uint8Array;

  constructor() {
    const buffer = new ArrayBuffer(2 * FLOW_SIZE); // one for both: memory outside the heap is dear to get and to collect
    this.wildcards = new Uint8Array(buffer, 0, FLOW_SIZE);
    this.written = new Uint8Array(buffer, FLOW_SIZE, FLOW_SIZE);
  }
}

export class TranslationContext {
  readonly input: TranslationInput;
  bridge: Bridge;
  readonly flow: Uint8Array;
  readonly base: Uint8Array;
  readonly wildcards: Uint8Array;
  readonly written: Uint8Array;
  /** Where datapath actions go: the translation's list, or that of a branch. */
  actions: DatapathAction[] = [];

  rule: Rule | undefined;
  table = 0;
  cookie = 2n ** 64n - 1n;
  depth = 0;
  resubmits = 0;
  error: TranslationError | undefined;
  exit = false;

  readonly stack: (number | bigint)[] = [];
  actionSet: Action[] = [];
  actionSetHasGroup = false;
  inActionSet = false;

  freezing = false;
  frozenActions: FrozenAction[] = [];
  pause: ControllerAction | undefined;
  /** Freezing because a select group wants dp_hash. */
  pendingHash: { algorithm: "l4" | "sym_l4"; basis: number } | undefined;

  conntracked = false;
  /** The packet came back from an earlier pass with its dp_hash. */
  hashed = false;
  /** set(tunnel(…)) was emitted. */
  tunnelSet = false;
  /** The pipeline is in a bridge behind a patch port, where the packet's tunnel fields began as zeros. */
  tunnelCleared = false;
  wasMpls = false;
  /** A header that encap() or decap() brought or took, and the datapath has not been told of. */
  pending: "encap" | "decap" | undefined;
  /** decap() uncovered what nobody has parsed yet: whatever comes next waits until the packet has come round. */
  insideUnparsed = false;
  /** Set by the nat() inside a ct(). */
  nat: NatAction | undefined;

  readonly decided: Decided | undefined;
  /** A branch was translated both ways because nobody knew the packet. */
  branched = false;

  slow: Translation["slow"] = "";
  readonly rules: Rule[] = [];
  readonly missedTables: number[] = [];
  readonly lookups: LookupCounter[] = [];
  readonly groups: number[] = [];
  readonly buckets: Bucket[] = [];
  readonly recirculationIds: number[] = [];
  readonly effects: Effect[] = [];
  usesMacLearning = false;
  wantsPorts = false;

  readonly trace: Trace | undefined;
  /** Where trace nodes go; null when nobody listens. */
  nodes: TraceNode[] | null;

  constructor(input: TranslationInput, flow: Uint8Array, base: Uint8Array, decided?: Decided) {
    this.input = input;
    this.bridge = input.bridge;
    this.flow = flow;
    this.base = base;
    const { wildcards, written } = input.room ?? new TranslationRoom();
    this.wildcards = wildcards.fill(0);
    this.written = written.fill(0);
    this.trace = input.trace;
    this.nodes = input.trace?.roots ?? null;
    this.decided = decided;
  }

  commit(): void {
    commitChanges(this);
  }

  /** An action that the datapath may be told to do without. */
  needs(action: WithheldAction): void {
    if (this.bridge.withheld?.has(action) && this.slow === "") this.slow = "action";
  }

  fail(error: TranslationError): void {
    this.error = error;
  }

  /** A port to send by, or whose state decides. */
  port(number: OfPort): BridgePort | undefined {
    const port = this.bridge.port(number);
    if (!port) this.wantsPorts = true;
    return port;
  }

  countRule(rule: Rule): void {
    if (!this.rules.includes(rule)) this.rules.push(rule);
    this.lookups.push(this.bridge.tables.counters(rule.table).matched);
  }

  countMiss(table: number): void {
    if (!this.missedTables.includes(table)) this.missedTables.push(table);
    this.lookups.push(this.bridge.tables.counters(table).missed);
  }

  /** Runs a list of actions. `last`: nothing follows it in the whole translation. */
  execute(list: readonly (Action | FrozenAction)[], last: boolean, inBucket: boolean): void {
    if (list.length === 0) {
      this.report("action", "drop");
      return;
    }
    const place = { list: list as readonly Action[], index: 0, last: false, inBucket };
    for (let i = 0; i < list.length; i++) {
      if (this.error) return;
      const action = list[i];
      const mustParse = this.insideUnparsed || (this.wasMpls && !leavesInsideAlone(action));
      if (mustParse && !this.exit) this.triggerFreeze();
      if (this.exit) {
        if (this.freezing) freezeRest(this, list, i);
        return;
      }
      if (action.type === "unroll") {
        this.#unroll(action.table, action.cookie);
        continue;
      }
      place.index = i;
      place.last = last && i === list.length - 1 && this.actionSet.length === 0;
      if (this.nodes) this.nodes.push({ kind: "action", text: formatAction(action), children: [], action });
      if (definitionOf[action.type].translate(this, action, place) === "stop") return;
      // Behind these the loop's head freezes what follows; they themselves are not done again.
      if (action.type === "resubmit" || action.type === "goto_table") continue;
      if (this.exit && this.freezing && !this.error && this.frozenActions.length === 0) {
        freezeRest(this, list, this.pause || action.type === "debug_recirc" ? i + 1 : i);
        return;
      }
    }
  }

  #unroll(table: number, cookie: bigint): void {
    if (this.nodes)
      this.nodes.push({ kind: "action", text: `unroll_xlate(table=${table}, cookie=${cookie})`, children: [] });
    this.table = table;
    this.cookie = cookie;
    this.report("state", `restored state: table=${table}, cookie=0x${swapBytes(cookie).toString(16)}`);
  }

  triggerFreeze(): void {
    this.exit = true;
    this.freezing = true;
  }

  /** Ends a stretch of translation that may have frozen. */
  finishFreezing(): void {
    if (!this.freezing) return;
    this.commit();
    finishFreezing(this, undefined);
  }

  /** The packet waits with the controller; translation goes on when it comes back. */
  pauseFor(action: ControllerAction, _place: Place): void {
    this.pause = action;
    this.triggerFreeze();
  }

  sendToController(action: PacketInAction): void {
    sendToController(this, action);
  }

  report(kind: "action" | "detail" | "warning" | "error" | "state", text: string): void {
    if (this.nodes) this.nodes.push({ kind, text, children: [] });
  }

  /** Adds a node and goes on inside it; the caller puts `nodes` back. */
  enter(node: Omit<TraceNode, "children">): void {
    if (!this.nodes) return;
    const children: TraceNode[] = [];
    this.nodes.push({ ...node, children });
    this.nodes = children;
  }

  /** Actions in ovs-ofctl's words. */
  describe(actions: readonly Action[]): string {
    return formatActions(actions);
  }

  reportSubfield(part: Subfield): void {
    if (!this.nodes) return;
    const { field, start, bits } = part;
    const whole = start === 0 && bits === field.bits;
    const value = whole ? formatFieldValue(field, getBytes(this.flow, field)) : formatHex(getSubfield(this.flow, part));
    this.report("detail", `${formatSubfield(part)} is now ${value}`);
  }
}

/** Actions that do not look behind the Ethernet header: after the last MPLS label is gone they need no new parse. */
function leavesInsideAlone(action: Action | FrozenAction): boolean {
  switch (action.type) {
    case "output":
    case "output_trunc":
    case "output_reg":
    case "set_vlan_vid":
    case "set_vlan_pcp":
    case "set_queue":
    case "group":
      return true;
    case "set_field":
      return action.field.name === "eth_src" || action.field.name === "eth_dst" || action.field.prerequisite === "none";
    default:
      return false;
  }
}

/** OVS prints this cookie in the machine's byte order: so the goldens have it. */
function swapBytes(cookie: bigint): bigint {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setBigUint64(0, cookie);
  return bytes.getBigUint64(0, true);
}
