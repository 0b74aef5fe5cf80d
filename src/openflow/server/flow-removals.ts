/** FLOW_REMOVED for rules that asked for it. */
import type { Rule } from "../../slowpath/tables/rule.ts";
import type { RemovalReason as TableReason } from "../../slowpath/tables/transaction.ts";
import { removalReasonNumber } from "../messages/flow-removed.ts";
import { wants } from "./async-masks.ts";
import type { BridgeAgent } from "./bridge-agent.ts";

export function tellFlowsRemoved(agent: BridgeAgent, removed: ReadonlyMap<Rule, TableReason>): void {
  for (const [rule, reason] of removed) {
    // A rule in place of another is no end of it.
    if (!rule.flags.sendFlowRem || reason === "replaced") continue;
    const { table, priority, match, cookie, idleTimeout, hardTimeout, statistics } = rule;
    const { packets, bytes } = statistics;
    const duration = agent.switch.now() - rule.created;
    for (const session of agent.sessions) {
      const { version } = session;
      if (version === undefined || !agent.hears(session)) continue;
      if (!wants(session.masks, session.role, "flowRemoved", removalReasonNumber(reason, version))) continue;
      const fields = { table, priority, match, cookie, reason, duration, idleTimeout, hardTimeout, packets, bytes };
      session.sendAsync({ type: session.usesNxm ? "nx_flow_removed" : "flow_removed", ...fields });
    }
  }
}
