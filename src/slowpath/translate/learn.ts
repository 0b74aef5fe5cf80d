/** learn(): the rule that a packet makes. Making it is a side effect; here it is only described. */

import type { Action, LearnAction, LearnSpec } from "../actions/action.ts";
import { immediateValue } from "../actions/learn-spec.ts";
import { bytesOfValue, getSubfield, setSubfieldNumber, unwildcardSubfield } from "../flow/flow.ts";
import { createMatch, setSubfieldMatch } from "../flow/match.ts";
import { formatMatch } from "../flow/match-format.ts";
import { PORT_ALL, PORT_FLOOD, PORT_IN_PORT, PORT_LOCAL, PORT_MAX } from "../flow/port-text.ts";
import type { Match } from "../tables/rule.ts";
import type { TranslationContext } from "./context.ts";
import type { LearnedRule } from "./translation.ts";
import { markWritten } from "./write.ts";

const outputPorts = [PORT_IN_PORT, PORT_FLOOD, PORT_LOCAL, PORT_ALL];

function sourceValue(context: TranslationContext, from: LearnSpec["from"]): bigint {
  if (from instanceof Uint8Array) return immediateValue(from);
  unwildcardSubfield(context.wildcards, from);
  return getSubfield(context.flow, from);
}

function learnedAction(spec: LearnSpec, value: bigint): Action | undefined {
  if (spec.kind === "output") {
    const port = Number(value);
    return port < PORT_MAX || outputPorts.includes(port) ? { type: "output", port } : undefined;
  }
  if (spec.kind !== "load") return undefined;
  const { field, start, bits } = spec.field;
  const ones = ((1n << BigInt(bits)) - 1n) << BigInt(start);
  const bytes = bytesOfValue(field, value << BigInt(start));
  return { type: "set_field", field, value: bytes, mask: bytesOfValue(field, ones), load: true };
}

export function learnedRule(context: TranslationContext, learn: LearnAction): LearnedRule {
  const match = createMatch();
  const actions: Action[] = [];
  const { finIdleTimeout: idle, finHardTimeout: hard } = learn;
  if (idle || hard) actions.push({ type: "fin_timeout", idle, hard });
  for (const spec of learn.specs) {
    const value = sourceValue(context, spec.from);
    if (spec.kind === "match") setSubfieldMatch(match, spec.field, value);
    const action = learnedAction(spec, value);
    if (action) actions.push(action);
  }
  const { table, priority, idleTimeout, hardTimeout, cookie, sendFlowRem, deleteLearned, limit } = learn;
  return { table, priority, idleTimeout, hardTimeout, cookie, sendFlowRem, deleteLearned, limit, match, actions };
}

function describe(context: TranslationContext, rule: LearnedRule): string {
  const parts = [`table=${rule.table}`, formatMatch(rule.match as Match), `priority=${rule.priority}`];
  if (rule.cookie) parts.push(`cookie=0x${rule.cookie.toString(16)}`);
  if (rule.idleTimeout) parts.push(`idle=${rule.idleTimeout}`);
  if (rule.hardTimeout) parts.push(`hard=${rule.hardTimeout}`);
  if (rule.sendFlowRem) parts.push("send_flow_rem");
  parts.push(`actions=${context.describe(rule.actions)}`);
  return parts.filter((part) => part !== "").join(" ");
}

export function learnRule(context: TranslationContext, learn: LearnAction): void {
  const rule = learnedRule(context, learn);
  if (context.nodes) context.report("detail", describe(context, rule));
  const learned = context.input.mayLearn?.(rule, context.bridge.name) ?? true;
  if (rule.limit > 0 && context.slow === "") context.slow = "action"; // the answer changes with every packet's learning
  if (learned) context.effects.push({ bridge: context.bridge.name, type: "learn", spec: rule });
  else context.report("detail", "Limit exceeded, learn failed");
  if (learn.resultDst) {
    setSubfieldNumber(context.flow, learn.resultDst, learned ? 1 : 0);
    markWritten(context, learn.resultDst);
    context.reportSubfield(learn.resultDst);
  }
}
