/**
 * What: rules and flow mods in ovs-ofctl's text: `table=0,priority=100,ip,nw_dst=10.0.0.1 actions=output:1`.
 * Invariants: what `formatFlow` prints `parseFlow` reads back as the same rule; statistics in it are passed over, so that a
 *   dump can be fed back.
 */
import type { FormatOptions, ParseContext } from "../actions/definition.ts";
import { formatActions, parseActions } from "../actions/list.ts";
import { DEFAULT_PRIORITY, formatMatch, MatchParser, splitKeyValues } from "../flow/match-text.ts";
import { parsePort } from "../flow/port-text.ts";
import { FlowTextError } from "../flow/subfield.ts";
import { parseInteger } from "../flow/value-text.ts";
import { ALL_TABLES, type FlowMod, noFlags } from "./modification.ts";
import type { Rule, RuleFlags } from "./rule.ts";

type Command = FlowMod["command"];
type Draft = { -readonly [K in keyof FlowMod]: FlowMod[K] };

const MASK_64 = 0xffff_ffff_ffff_ffffn;

/** Keywords that say what a rule did so far: a dump has them, a flow mod does not need them. */
const passedOver = new Set([
  "duration",
  "n_packets",
  "n_bytes",
  "idle_age",
  "hard_age",
  "no_readonly_table",
  "allow_hidden_fields",
]);

const flagKeywords: readonly (readonly [string, keyof RuleFlags])[] = [
  ["send_flow_rem", "sendFlowRem"],
  ["check_overlap", "checkOverlap"],
  ["reset_counts", "resetCounts"],
  ["no_packet_counts", "noPacketCounts"],
  ["no_byte_counts", "noByteCounts"],
];

/**
 * @throws FlowTextError with ovs-ofctl's kind of sentence.
 */
export function parseFlow(text: string, command: Command = "add", context: ParseContext = {}): FlowMod {
  const takesActions = !command.startsWith("delete");
  const { before, actions } = splitActions(text);
  if (takesActions && actions === undefined) throw new FlowTextError("must specify an action");
  const matchParser = new MatchParser(context.ports);
  const draft: Draft = {
    kind: "flow",
    command,
    table: ALL_TABLES,
    priority: DEFAULT_PRIORITY,
    match: matchParser.match,
    cookie: 0n,
    cookieMask: 0n,
    idleTimeout: 0,
    hardTimeout: 0,
    importance: 0,
    flags: noFlags,
    actions: [],
  };
  for (const { key, value } of splitKeyValues(before)) {
    if (matchParser.accept(key, value) || passedOver.has(key)) continue;
    acceptKeyword(draft, key, value, context);
  }
  matchParser.finish();
  if (command === "add") draft.newCookie ??= 0n;
  if (takesActions && actions !== undefined) draft.actions = parseActions(actions, context);
  return draft;
}

/** A line of a flow file: an optional command word, then the flow. */
export function parseFlowLine(text: string, context: ParseContext = {}): FlowMod {
  const words = /^\s*(add|modify_strict|modify|delete_strict|delete)\b[\s,]*(.*)$/s.exec(text);
  return words ? parseFlow(words[2], words[1] as Command, context) : parseFlow(text, "add", context);
}

function splitActions(text: string): { before: string; actions?: string } {
  const found = /(?:^|[\s,])actions?=/.exec(text);
  if (!found) return { before: text };
  return { before: text.slice(0, found.index), actions: text.slice(found.index + found[0].length) };
}

function acceptKeyword(draft: Draft, key: string, value: string, context: ParseContext): void {
  const adds = !draft.command.startsWith("delete");
  const flag = flagKeywords.find(([word]) => word === key);
  if (flag && adds) {
    draft.flags = { ...draft.flags, [flag[1]]: true };
    return;
  }
  if (value === "") throw new FlowTextError(`field ${key} missing value`);
  switch (key) {
    case "table": {
      const number =
        value === "all" ? ALL_TABLES : (context.tableNumber?.(value) ?? Number(parseInteger(value) ?? -1n));
      if (number < 0 || number > ALL_TABLES) throw new FlowTextError(`unknown table "${value}"`);
      draft.table = number;
      return;
    }
    case "priority":
      if (draft.command === "delete") break;
      draft.priority = parseU16(key, value);
      return;
    case "idle_timeout":
      if (!adds) break;
      draft.idleTimeout = parseU16(key, value);
      return;
    case "hard_timeout":
      if (!adds) break;
      draft.hardTimeout = parseU16(key, value);
      return;
    case "importance":
      if (draft.command !== "add") break;
      draft.importance = parseU16(key, value);
      return;
    case "out_port": {
      if (adds) break;
      const port = parsePort(value, context.ports);
      if (port === undefined) throw new FlowTextError(`${value} is not a valid OpenFlow port`);
      draft.outPort = port;
      return;
    }
    case "out_group": {
      if (adds) break;
      const group = parseInteger(value);
      if (group === undefined || group > 0xffff_ffffn)
        throw new FlowTextError(`${value} is not a valid OpenFlow group`);
      draft.outGroup = Number(group);
      return;
    }
    case "cookie":
      acceptCookie(draft, value);
      return;
  }
  throw new FlowTextError(`unknown keyword ${key}`);
}

function acceptCookie(draft: Draft, text: string): void {
  const [valueText, maskText] = text.split("/");
  const value = parseInteger(valueText);
  const mask = maskText === undefined ? undefined : parseInteger(maskText);
  if (value === undefined || value > MASK_64 || (maskText !== undefined && mask === undefined)) {
    throw new FlowTextError(`${text}: bad syntax for cookie`);
  }
  if (mask === undefined) {
    if (draft.command.startsWith("delete")) {
      throw new FlowTextError(`cannot set cookie (to match on a cookie, specify a mask, e.g. cookie=${valueText}/-1)`);
    }
    draft.newCookie = value;
    return;
  }
  if (draft.command === "add") throw new FlowTextError("flow additions cannot use a cookie mask");
  draft.cookie = value & mask;
  draft.cookieMask = mask;
}

function parseU16(key: string, text: string): number {
  const value = parseInteger(text);
  if (value === undefined || value > 0xffffn) throw new FlowTextError(`invalid ${key} "${text}"`);
  return Number(value);
}

export interface FlowFormat extends FormatOptions {
  /** Cookie, duration, table and counters, as without --no-stats. Needs `now`, milliseconds of CLOCK_MONOTONIC. */
  readonly now?: number;
}

/** Seconds with milliseconds, when there are any: `23.731s`. */
export function formatDuration(milliseconds: number): string {
  const whole = Math.floor(milliseconds / 1000);
  const rest = Math.floor(milliseconds % 1000);
  return rest === 0 ? `${whole}s` : `${whole}.${String(rest).padStart(3, "0")}s`;
}

/** One line of `ovs-ofctl dump-flows`, without the blank it begins with there. */
export function formatFlow(rule: Rule, format: FlowFormat = {}): string {
  const { now } = format;
  const parts: string[] = [];
  if (now !== undefined || rule.cookie) parts.push(`cookie=0x${rule.cookie.toString(16)}, `);
  if (now !== undefined) parts.push(`duration=${formatDuration(now - rule.created)}, `);
  if (now !== undefined || rule.table) parts.push(`table=${rule.table}, `);
  if (now !== undefined) parts.push(`n_packets=${rule.statistics.packets}, n_bytes=${rule.statistics.bytes}, `);
  if (rule.idleTimeout) parts.push(`idle_timeout=${rule.idleTimeout}, `);
  if (rule.hardTimeout) parts.push(`hard_timeout=${rule.hardTimeout}, `);
  for (const [word, name] of flagKeywords) if (rule.flags[name]) parts.push(`${word} `);
  if (rule.importance) parts.push(`importance=${rule.importance}, `);
  if (now !== undefined) parts.push(formatAges(rule, now));
  const match = formatMatch(rule.match, rule.priority, format.ports);
  if (match !== "") parts.push(match, " ");
  parts.push("actions=", formatActions(rule.actions, format));
  return parts.join("");
}

function formatAges(rule: Rule, now: number): string {
  const seconds = (since: number): number => Math.max(0, Math.floor((now - since) / 1000));
  const idle = seconds(Math.max(rule.statistics.used, rule.created));
  const hard = seconds(rule.modified);
  return `idle_age=${idle}, ${hard === seconds(rule.created) ? "" : `hard_age=${hard}, `}`;
}
