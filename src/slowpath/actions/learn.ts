/** `learn(table=N,…,SPEC,…)`: a rule made from the packet (translate/learn.ts). The text of its specs is in learn-spec.ts. */
import { formatSubfield, parseSubfield } from "../flow/subfield.ts";
import { learnRule } from "../translate/learn.ts";
import type { LearnAction, LearnSpec } from "./action.ts";
import type { ActionDefinition, Parser } from "./definition.ts";
import { formatSpec, parseSpec } from "./learn-spec.ts";
import { parseTable } from "./resubmit.ts";
import { parseBigInteger, parseInteger, type Token, tokens } from "./scan.ts";
import { writable } from "./set-field.ts";

const DEFAULT_PRIORITY = 32768;
const DEFAULT_TABLE = 1;

type Settings = { -readonly [K in keyof LearnAction]: LearnAction[K] };

function parseSetting(settings: Settings, { key, value }: Token, parser: Parser): boolean {
  const number = (max = 0xffff): number => parseInteger(value, max, key);
  if (key === "table") settings.table = parseTable(value, parser);
  else if (key === "priority") settings.priority = number();
  else if (key === "idle_timeout") settings.idleTimeout = number();
  else if (key === "hard_timeout") settings.hardTimeout = number();
  else if (key === "fin_idle_timeout") settings.finIdleTimeout = number();
  else if (key === "fin_hard_timeout") settings.finHardTimeout = number();
  else if (key === "cookie") settings.cookie = parseBigInteger(value, 2n ** 64n - 1n, key);
  else if (key === "send_flow_rem") settings.sendFlowRem = true;
  else if (key === "delete_learned") settings.deleteLearned = true;
  else if (key === "limit") settings.limit = number(0xffff_ffff);
  else if (key === "result_dst") settings.resultDst = parseSubfield(value);
  else return false;
  return true;
}

function parseLearn(token: Token, parser: Parser): LearnAction {
  const settings: Settings = {
    type: "learn",
    table: DEFAULT_TABLE,
    priority: DEFAULT_PRIORITY,
    idleTimeout: 0,
    hardTimeout: 0,
    finIdleTimeout: 0,
    finHardTimeout: 0,
    cookie: 0n,
    sendFlowRem: false,
    deleteLearned: false,
    limit: 0,
    specs: [],
  };
  const specs: LearnSpec[] = [];
  for (const part of tokens(token.value)) {
    if (!parseSetting(settings, part, parser)) specs.push(parseSpec(part, parser));
  }
  if (settings.resultDst) writable(settings.resultDst.field, token.value);
  return { ...settings, specs };
}

export const learn: ActionDefinition<LearnAction> = {
  type: "learn",
  keywords: ["learn"],
  parse: parseLearn,
  format(action, { options }) {
    const parts = [`table=${action.table}`];
    if (action.idleTimeout) parts.push(`idle_timeout=${action.idleTimeout}`);
    if (action.hardTimeout) parts.push(`hard_timeout=${action.hardTimeout}`);
    if (action.finIdleTimeout) parts.push(`fin_idle_timeout=${action.finIdleTimeout}`);
    if (action.finHardTimeout) parts.push(`fin_hard_timeout=${action.finHardTimeout}`);
    if (action.priority !== DEFAULT_PRIORITY) parts.push(`priority=${action.priority}`);
    if (action.sendFlowRem) parts.push("send_flow_rem");
    if (action.deleteLearned) parts.push("delete_learned");
    if (action.cookie) parts.push(`cookie=0x${action.cookie.toString(16)}`);
    if (action.limit) parts.push(`limit=${action.limit}`);
    if (action.resultDst) parts.push(`result_dst=${formatSubfield(action.resultDst)}`);
    return `learn(${[...parts, ...action.specs.map((spec) => formatSpec(spec, options))].join(",")})`;
  },
  translate(context, action) {
    learnRule(context, action);
    return undefined;
  },
};
