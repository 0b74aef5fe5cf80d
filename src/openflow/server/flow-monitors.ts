/**
 * Flow monitors: who wants to hear of which rules.
 *
 * Invariants: a session's updates come in the order of the changes. When it does not read, updates stop, and it is told: "paused"; when it
 *   has read, what it may have missed is told anew between "paused" and "resumed".
 */
import type { Action } from "../../slowpath/actions/action.ts";
import { covers } from "../../slowpath/flow/match.ts";
import { ALL_TABLES } from "../../slowpath/tables/modification.ts";
import { groupsIn, outputsTo } from "../../slowpath/tables/references.ts";
import type { Rule } from "../../slowpath/tables/rule.ts";
import type { ChangeSet, RemovalReason as TableReason } from "../../slowpath/tables/transaction.ts";
import type { FlowMonitor, FlowUpdate } from "../messages/flow-monitor.ts";
import type { RemovalReason } from "../messages/flow-removed.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { OF14 } from "../wire/version.ts";
import type { BridgeAgent, ChangeOrigin } from "./bridge-agent.ts";
import type { Session } from "./session.ts";

/** Monitors of one session. */
const MONITORS_LIMIT = 1024;

interface Monitored {
  readonly monitors: Map<number, FlowMonitor>;
  paused: boolean;
}

export class FlowMonitors {
  readonly #agent: BridgeAgent;
  readonly #sessions = new Map<Session, Monitored>();

  constructor(agent: BridgeAgent) {
    this.#agent = agent;
  }

  forget(session: Session): void {
    this.#sessions.delete(session);
  }

  /**
   * Takes a request.
   * @returns the rules that are there already, for monitors that asked
   * @throws OpenFlowError and then nothing has changed
   */
  request(session: Session, monitors: readonly FlowMonitor[]): FlowUpdate[] {
    const before = this.#sessions.get(session)?.monitors ?? new Map<number, FlowMonitor>();
    const after = new Map(before);
    for (const monitor of monitors) applyRequest(after, monitor);
    if (after.size > MONITORS_LIMIT) throw new OpenFlowError("OFPMOFC_UNKNOWN", `${after.size} monitors`);
    this.#set(session, after);
    const initial = monitors.filter(({ command, initial: asked }) => command !== "delete" && asked);
    return initial.length === 0 ? [] : this.#initial(initial);
  }

  /** @throws OpenFlowError */
  cancel(session: Session, id: number): void {
    const monitored = this.#sessions.get(session);
    if (!monitored?.monitors.delete(id)) throw new OpenFlowError("OFPMOFC_UNKNOWN_MONITOR", `monitor ${id}`);
    if (monitored.monitors.size === 0) this.#sessions.delete(session);
  }

  changed({ added, modified, removed, actionsBefore }: ChangeSet, origin: ChangeOrigin | undefined): void {
    for (const [session, monitored] of this.#sessions) {
      if (monitored.paused && !this.#resume(session, monitored)) continue;
      const updates: FlowUpdate[] = [];
      const own = origin?.session === session ? origin : undefined;
      for (const [rule, reason] of removed) {
        // Whatever comes in its place is told of as added.
        if (reason !== "replaced") push(updates, monitored, "removed", rule, own, reason);
      }
      for (const rule of added) push(updates, monitored, "added", rule, own);
      for (const rule of modified) push(updates, monitored, "modified", rule, own, undefined, actionsBefore.get(rule));
      if (updates.length > 0 && !tell(session, abbreviate(updates))) this.#pause(session, monitored);
    }
  }

  #set(session: Session, monitors: Map<number, FlowMonitor>): void {
    if (monitors.size === 0) this.#sessions.delete(session);
    else this.#sessions.set(session, { monitors, paused: this.#sessions.get(session)?.paused ?? false });
  }

  #initial(monitors: readonly FlowMonitor[]): FlowUpdate[] {
    const updates: FlowUpdate[] = [];
    for (const rule of this.#agent.bridge.tables.rules()) {
      const interested = monitors.filter((monitor) => concerns(monitor, rule));
      if (interested.length === 0 || rule.flags.hidden) continue;
      updates.push({ event: "initial", rule, instructions: interested.some(({ instructions }) => instructions) });
    }
    return updates;
  }

  #pause(session: Session, monitored: Monitored): void {
    monitored.paused = true;
    if (session.version !== undefined && session.version >= OF14) session.sendAsync(reply([{ event: "paused" }]));
    else session.sendAsync({ type: "flow_monitor_paused" });
  }

  /** False: it still does not read. */
  #resume(session: Session, monitored: Monitored): boolean {
    const updates = this.#initial([...monitored.monitors.values()]);
    if (!tell(session, updates)) return false;
    monitored.paused = false;
    if (session.version !== undefined && session.version >= OF14) session.sendAsync(reply([{ event: "resumed" }]));
    else session.sendAsync({ type: "flow_monitor_resumed" });
    return true;
  }
}

function applyRequest(monitors: Map<number, FlowMonitor>, monitor: FlowMonitor): void {
  const { id, command } = monitor;
  const known = monitors.has(id);
  if (command === "add" && known) throw new OpenFlowError("OFPMOFC_MONITOR_EXISTS", `monitor ${id}`);
  if (command !== "add" && !known) throw new OpenFlowError("OFPMOFC_UNKNOWN_MONITOR", `monitor ${id}`);
  if (command === "delete") monitors.delete(id);
  else monitors.set(id, monitor);
}

/** @param before what the rule did until now: whoever watched for that hears of its end */
function concerns(monitor: FlowMonitor, rule: Rule, before: readonly Action[] = []): boolean {
  const { table, match, outPort, outGroup } = monitor;
  return (
    (table === ALL_TABLES || table === rule.table) &&
    covers(match, rule.match) &&
    (outPort === undefined || outputsTo(rule.actions, outPort) || outputsTo(before, outPort)) &&
    (outGroup === undefined || groupsIn(rule.actions).includes(outGroup))
  );
}

function push(
  updates: FlowUpdate[],
  { monitors }: Monitored,
  event: "added" | "removed" | "modified",
  rule: Rule,
  own: ChangeOrigin | undefined,
  reason?: TableReason,
  before?: readonly Action[],
): void {
  if (rule.flags.hidden) return;
  let told = false;
  let full = own === undefined;
  let instructions = false;
  for (const monitor of monitors.values()) {
    if (!monitor[event] || !concerns(monitor, rule, before)) continue;
    told = true;
    full ||= monitor.noAbbreviation;
    instructions ||= monitor.instructions;
  }
  if (!told) return;
  if (full) updates.push({ event, rule, instructions, ...(reason && { reason: reason as RemovalReason }) });
  else updates.push({ event: "abbreviated", xid: own!.xid });
}

/** Several changes of one request are told by its id once. */
function abbreviate(updates: readonly FlowUpdate[]): FlowUpdate[] {
  return updates.filter((update, i) => {
    const last = updates[i - 1];
    return !(update.event === "abbreviated" && last?.event === "abbreviated" && last.xid === update.xid);
  });
}

const reply = (entries: readonly FlowUpdate[]) => ({ type: "flow_monitor_reply", entries }) as const;

function tell(session: Session, updates: readonly FlowUpdate[]): boolean {
  return session.sendAsync(reply(updates));
}
