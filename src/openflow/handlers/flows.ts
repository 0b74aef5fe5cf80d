/** Requests for rules: one by one, summed up, or watched. */
import { covers } from "../../slowpath/flow/match.ts";
import { ALL_TABLES } from "../../slowpath/tables/modification.ts";
import { groupsIn, outputsTo } from "../../slowpath/tables/references.ts";
import type { Rule } from "../../slowpath/tables/rule.ts";
import type { FlowQuery } from "../messages/flow-query.ts";
import type { FlowEntry } from "../messages/flow-statistics.ts";
import type { BridgeAgent } from "../server/bridge-agent.ts";
import { OpenFlowError } from "../wire/errors.ts";
import type { MessageOf, Request } from "./handler.ts";
import { VISIBLE_TABLES } from "./tables.ts";

function* selected({ bridge, switch: owner }: BridgeAgent, query: FlowQuery): Generator<Rule> {
  owner.revalidator.creditAll();
  const { table, match, cookie, cookieMask, outPort, outGroup } = query;
  if (table !== ALL_TABLES && table > VISIBLE_TABLES) {
    throw new OpenFlowError("OFPBRC_BAD_TABLE_ID", `table ${table} does not exist`);
  }
  for (const rule of bridge.tables.rules()) {
    if (rule.flags.hidden && table !== rule.table) continue;
    if (table !== ALL_TABLES && rule.table !== table) continue;
    if ((rule.cookie ^ cookie) & cookieMask) continue;
    if (outPort !== undefined && !outputsTo(rule.actions, outPort)) continue;
    if (outGroup !== undefined && !groupsIn(rule.actions).includes(outGroup)) continue;
    if (covers(match, rule.match)) yield rule;
  }
}

function entriesOf(agent: BridgeAgent, query: FlowQuery): FlowEntry[] {
  const rules = [...selected(agent, query)];
  const now = agent.switch.now();
  const seconds = (since: number): number => Math.max(0, Math.floor((now - since) / 1000));
  return rules.map((rule) => ({
    rule,
    duration: now - rule.created,
    idleAge: seconds(rule.statistics.used || rule.created),
    hardAge: seconds(rule.modified),
  }));
}

export function flows({ session, agent, envelope, message }: Request<MessageOf<"flow_request">>): void {
  session.reply(envelope, { type: "flow_reply", entries: entriesOf(agent, message.query) });
}

export function niciraFlows({ session, agent, envelope, message }: Request<MessageOf<"nx_flow_request">>): void {
  session.reply(envelope, { type: "nx_flow_reply", entries: entriesOf(agent, message.query) });
}

function aggregateOf(agent: BridgeAgent, query: FlowQuery): { packets: bigint; bytes: bigint; flows: number } {
  let packets = 0n;
  let bytes = 0n;
  let count = 0;
  for (const { statistics } of selected(agent, query)) {
    packets += statistics.packets;
    bytes += statistics.bytes;
    count++;
  }
  return { packets, bytes, flows: count };
}

export function aggregate({ session, agent, envelope, message }: Request<MessageOf<"aggregate_request">>): void {
  session.reply(envelope, { type: "aggregate_reply", ...aggregateOf(agent, message.query) });
}

export function niciraAggregate({
  session,
  agent,
  envelope,
  message,
}: Request<MessageOf<"nx_aggregate_request">>): void {
  session.reply(envelope, { type: "nx_aggregate_reply", ...aggregateOf(agent, message.query) });
}

export function flowMonitor({ session, agent, envelope, message }: Request<MessageOf<"flow_monitor_request">>): void {
  const entries = agent.monitors.request(session, message.monitors);
  session.reply(envelope, { type: "flow_monitor_reply", entries });
}

export function flowMonitorCancel({ session, agent, message }: Request<MessageOf<"flow_monitor_cancel">>): void {
  agent.monitors.cancel(session, message.id);
}
