/** Rules that learn() makes: ordinary ones; when one is there already its time starts anew, and no limit keeps it out. */
import { isDeepStrictEqual } from "node:util";
import type { SwitchBridge } from "./switch-bridge.ts";
import { type FlowMod, noFlags } from "./tables/modification.ts";
import type { Rule } from "./tables/rule.ts";
import type { LearnedRule } from "./translate/translation.ts";

/** Whether learn() may make the rule: there are fewer than its limit (0 = any number) with its table and cookie. */
export function mayLearn({ table, priority, match, cookie, limit }: LearnedRule, { tables }: SwitchBridge): boolean {
  if (limit === 0 || tables.table(table).exactly(match, priority)?.cookie === cookie) return true;
  return tables.learnedRules(table, cookie).length < limit;
}

export function installLearned(spec: LearnedRule, bridge: SwitchBridge, now: number): void {
  if (!mayLearn(spec, bridge)) return; // others came first since it was translated
  const { table, priority, match, cookie } = spec;
  const same = bridge.tables.table(table).exactly(match, priority);
  if (same !== undefined && sameRule(same, spec)) {
    same.modified = now;
    return;
  }
  const modification: FlowMod = {
    ...spec,
    kind: "flow",
    command: "add",
    cookie: 0n,
    cookieMask: 0n,
    newCookie: cookie,
    importance: 0,
    flags: { ...noFlags, sendFlowRem: spec.sendFlowRem },
  };
  bridge.tables.apply([modification], now);
}

function sameRule(rule: Rule, spec: LearnedRule): boolean {
  return (
    rule.cookie === spec.cookie &&
    rule.idleTimeout === spec.idleTimeout &&
    rule.hardTimeout === spec.hardTimeout &&
    isDeepStrictEqual(rule.actions, spec.actions)
  );
}
