/** Looking a packet up in a table and running what the rule says. */
import {
  KEY_CT_IPV6_DST,
  KEY_CT_IPV6_SRC,
  KEY_CT_NW_DST,
  KEY_CT_NW_PROTO,
  KEY_CT_NW_SRC,
  KEY_CT_TP_DST,
  KEY_CT_TP_SRC,
  KEY_ETH_TYPE,
  KEY_IN_PORT,
  KEY_IPV6_DST,
  KEY_IPV6_SRC,
  KEY_NW_DST,
  KEY_NW_FRAG,
  KEY_NW_PROTO,
  KEY_NW_SRC,
  KEY_TP_DST,
  KEY_TP_SRC,
  NW_FRAG_ANY,
} from "../../../assembly/layout/key.ts";
import type { OfPort } from "../actions/action.ts";
import { DEFAULT_PRIORITY, formatMatch } from "../flow/match-format.ts";
import { ETH_TYPE_IP, ETH_TYPE_IPV6 } from "../flow/prerequisites.ts";
import type { Rule } from "../tables/rule.ts";
import type { TranslationContext } from "./context.ts";

/** As OVS. Going to a later table does not deepen. */
export const MAX_DEPTH = 64;
export const MAX_RESUBMITS = 64 * MAX_DEPTH;
const MAX_ACTIONS = 16 * 1024;
/** That a miss may lead to. */
const LAST_TABLE = 253;

const inPortOf = (flow: Uint8Array): number => (flow[KEY_IN_PORT + 2] << 8) | flow[KEY_IN_PORT + 3];

function setInPort(flow: Uint8Array, port: number): void {
  flow[KEY_IN_PORT + 2] = port >> 8;
  flow[KEY_IN_PORT + 3] = port & 0xff;
}

export function withinLimits(context: TranslationContext): boolean {
  if (context.depth >= MAX_DEPTH) {
    context.report("error", `over max translation depth ${MAX_DEPTH}`);
    context.fail("too_deep");
  } else if (context.resubmits >= MAX_RESUBMITS) {
    context.report("error", `over ${MAX_RESUBMITS} resubmit actions`);
    context.fail("too_many_resubmits");
  } else if (context.actions.length > MAX_ACTIONS) {
    context.report("error", `resubmits yielded over ${MAX_ACTIONS} actions`);
    context.fail("too_many_actions");
  } else {
    return true;
  }
  return false;
}

function describeRule(table: number, rule: Rule | undefined, dropsFragment: boolean, toController: boolean): string {
  const number = `${String(table).padStart(2)}. `;
  if (dropsFragment) return `${number}Packets are IP fragments and the fragment handling mode is "drop".`;
  if (!rule) return `${number}${toController ? 'No match, and a "packet-in" is called for.' : "No match."}`;
  // As minimatch_format: the match with nothing said of the default priority, then the priority itself.
  const match = formatMatch(rule.match, DEFAULT_PRIORITY);
  const cookie = rule.cookie ? `, cookie 0x${rule.cookie.toString(16)}` : "";
  return `${number}${match ? `${match}, ` : ""}priority ${rule.priority}${cookie}`;
}

/** Fragments have no ports: no fragment of a datagram may be treated unlike the others. */
function lookUpFragment(context: TranslationContext, table: number): Rule | undefined {
  const { flow, wildcards, written } = context;
  const ports = flow.slice(KEY_TP_SRC, KEY_TP_DST + 2);
  flow.fill(0, KEY_TP_SRC, KEY_TP_DST + 2);
  written.fill(0xff, KEY_TP_SRC, KEY_TP_DST + 2);
  const rule = context.bridge.tables.lookup(table, flow, wildcards);
  flow.set(ports, KEY_TP_SRC);
  return rule;
}

/** The rule for the packet as it is, in `table`, as if it came from `inPort`. */
function lookUp(context: TranslationContext, table: number, inPort: OfPort | undefined): Rule | undefined {
  const { flow, wildcards, bridge } = context;
  const own = inPortOf(flow);
  if (inPort !== undefined && inPort !== own) {
    setInPort(flow, inPort);
    context.written.fill(0xff, KEY_IN_PORT, KEY_IN_PORT + 4);
  }
  const asFragment = (flow[KEY_NW_FRAG] & NW_FRAG_ANY) !== 0 && bridge.fragments !== "nx-match";
  const rule = asFragment ? lookUpFragment(context, table) : bridge.tables.lookup(table, flow, wildcards);
  if (inPort !== undefined) setInPort(flow, own);
  return rule;
}

/** Whether a lookup in `table` by connection is possible at all. */
function isTrackedIp(context: TranslationContext): boolean {
  const { flow } = context;
  const etherType = etherTypeOf(flow);
  context.wildcards[KEY_CT_NW_PROTO] = 0xff;
  return flow[KEY_CT_NW_PROTO] !== 0 && (etherType === ETH_TYPE_IP || etherType === ETH_TYPE_IPV6);
}

function etherTypeOf(flow: Uint8Array): number {
  return (flow[KEY_ETH_TYPE] << 8) | flow[KEY_ETH_TYPE + 1];
}

/** Pairs that `resubmit(…,ct)` swaps: the packet's own and the connection's original ones, with their bytes. */
const tuples = {
  ipv4: [
    [KEY_NW_SRC, KEY_CT_NW_SRC, 4],
    [KEY_NW_DST, KEY_CT_NW_DST, 4],
    [KEY_NW_PROTO, KEY_CT_NW_PROTO, 1],
    [KEY_TP_SRC, KEY_CT_TP_SRC, 2],
    [KEY_TP_DST, KEY_CT_TP_DST, 2],
  ],
  ipv6: [
    [KEY_IPV6_SRC, KEY_CT_IPV6_SRC, 16],
    [KEY_IPV6_DST, KEY_CT_IPV6_DST, 16],
    [KEY_NW_PROTO, KEY_CT_NW_PROTO, 1],
    [KEY_TP_SRC, KEY_CT_TP_SRC, 2],
    [KEY_TP_DST, KEY_CT_TP_DST, 2],
  ],
} as const;

function swapTuple(bytes: Uint8Array, pairs: (typeof tuples)["ipv4" | "ipv6"]): void {
  for (const [a, b, length] of pairs) {
    for (let i = 0; i < length; i++) {
      const byte = bytes[a + i];
      bytes[a + i] = bytes[b + i];
      bytes[b + i] = byte;
    }
  }
}

/** Looks up by the connection's original tuple: what the table looks at is the ct fields. */
function lookUpByConnection(context: TranslationContext, table: number, port: OfPort | undefined): Rule | undefined {
  const { flow, wildcards, written } = context;
  const pairs = etherTypeOf(flow) === ETH_TYPE_IP ? tuples.ipv4 : tuples.ipv6;
  for (const [own, tracked, length] of pairs) {
    written.fill(0xff, own, own + length);
    written.fill(0xff, tracked, tracked + length);
  }
  swapTuple(flow, pairs);
  swapTuple(wildcards, pairs);
  const rule = lookUp(context, table, port);
  swapTuple(flow, pairs);
  swapTuple(wildcards, pairs);
  return rule;
}

const MISS = {
  type: "controller",
  maxLength: 0xffff,
  controllerId: 0,
  reason: "implicit_miss",
  pause: false,
} as const;

interface Visit {
  readonly table: number;
  /** In place of the flow's own. */
  readonly inPort?: OfPort;
  readonly byConnection?: boolean;
  readonly last: boolean;
  /** Misses may go to the controller: the pipeline's start, goto_table, output:TABLE. */
  readonly missesCount: boolean;
}

/** Looks the packet up and runs the rule found, or what the table does with misses. @returns the rule */
export function runTable(context: TranslationContext, visit: Visit): Rule | undefined {
  const { bridge, table: from, nodes: outer } = context;
  const { table, inPort, last } = visit;
  const dropsFragment = bridge.fragments === "drop" && (context.flow[KEY_NW_FRAG] & NW_FRAG_ANY) !== 0;
  let rule: Rule | undefined;
  if (!dropsFragment) {
    rule = visit.byConnection ? lookUpByConnection(context, table, inPort) : lookUp(context, table, inPort);
  }
  const miss = !rule && !dropsFragment && visit.missesCount ? bridge.tableMiss?.(table) : "drop";
  if (miss === "continue" && table < LAST_TABLE) {
    context.countMiss(table);
    return runTable(context, { ...visit, table: table + 1 });
  }
  const toController = miss === "controller" || miss === "continue";
  if (outer) {
    context.enter({ kind: "table", text: describeRule(table, rule, dropsFragment, toController), table, rule });
  }
  const deepens = table <= from ? 1 : 0;
  context.table = table;
  context.resubmits++;
  context.depth += deepens;
  if (rule) runRule(context, rule, last);
  else {
    if (!dropsFragment) context.countMiss(table);
    if (toController) sendMiss(context);
    else context.execute(NO_ACTIONS, last, false);
  }
  context.depth -= deepens;
  context.table = from;
  context.nodes = outer;
  return rule;
}

const NO_ACTIONS: readonly never[] = [];

/** As if a rule with cookie 0 had sent it. */
function sendMiss(context: TranslationContext): void {
  const { cookie } = context;
  context.cookie = 0n;
  context.sendToController(MISS);
  context.cookie = cookie;
}

function runRule(context: TranslationContext, rule: Rule, last: boolean): void {
  const { rule: outerRule, cookie } = context;
  context.countRule(rule);
  context.rule = rule;
  context.cookie = rule.cookie;
  context.execute(rule.actions, last, false);
  context.rule = outerRule;
  context.cookie = cookie;
}

/** resubmit and goto_table. */
export function resubmitTo(context: TranslationContext, visit: Visit): void {
  if (context.wasMpls) {
    context.triggerFreeze();
    return;
  }
  if (!withinLimits(context)) return;
  if (visit.byConnection && !isTrackedIp(context)) {
    context.report("error", "resubmit(ct) with non-tracked or non-IP packet!");
    return;
  }
  runTable(context, visit);
}
