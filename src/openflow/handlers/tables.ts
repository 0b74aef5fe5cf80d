/** Requests about tables: what they hold, what they can do, what they do with packets that no rule matches. */
import type { SwitchBridge } from "../../slowpath/switch-bridge.ts";
import { DEFAULT_SETTINGS } from "../../slowpath/tables/flow-table.ts";
import { ALL_TABLES } from "../../slowpath/tables/modification.ts";
import type { TableMiss } from "../messages/table-mod.ts";
import type { BridgeAgent } from "../server/bridge-agent.ts";
import { describeTable, setVacancyWish } from "../server/table-vacancy.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { type MessageOf, type Request, refuseSecondary } from "./handler.ts";

/** The last table is for the switch's own rules. */
export const VISIBLE_TABLES = 254;

const allTables = Array.from({ length: VISIBLE_TABLES }, (_, table) => table);
/** Bits of 1.1's and 1.2's table configuration. What was never configured is told as "controller". */
const missBits: Readonly<Record<TableMiss, number>> = { default: 0, controller: 0, continue: 1, drop: 2 };

export function tableStatistics({ session, agent, envelope }: Request<MessageOf<"table_statistics_request">>): void {
  agent.switch.revalidator.creditAll();
  const used = new Map(agent.bridge.tables.usedTables());
  session.reply(envelope, {
    type: "table_statistics_reply",
    entries: allTables.map((table) => ({
      table,
      isLast: table === VISIBLE_TABLES - 1,
      name: used.get(table)?.settings.name ?? "",
      flowLimit: used.get(table)?.settings.flowLimit,
      active: used.get(table)?.size ?? 0,
      ...lookupsIn(agent.bridge, table),
      config: missBits[agent.bridge.tableMisses.get(table) ?? "default"],
    })),
  });
}

function lookupsIn({ tables }: SwitchBridge, table: number): { lookups: number; matched: number } {
  const { matched, missed } = tables.counters(table);
  return { lookups: matched.packets + missed.packets, matched: matched.packets };
}

export function tableFeatures({ session, agent, envelope }: Request<MessageOf<"table_features_request">>): void {
  const used = new Map(agent.bridge.tables.usedTables());
  const entries = allTables.map((table) => {
    const { name, flowLimit } = used.get(table)?.settings ?? DEFAULT_SETTINGS;
    return { table, tables: VISIBLE_TABLES, name, flowLimit };
  });
  session.reply(envelope, { type: "table_features_reply", entries });
}

export function tableDescriptions({ session, agent, envelope }: Request<MessageOf<"table_description_request">>): void {
  const entries = allTables.map((table) => describeTable(agent.bridge.tables.table(table), table));
  session.reply(envelope, { type: "table_description_reply", entries });
}

function setMiss(agent: BridgeAgent, table: number, miss: TableMiss): void {
  const { tableMisses } = agent.bridge;
  if (miss === "default") tableMisses.delete(table);
  else tableMisses.set(table, miss);
}

export function tableMod(request: Request<MessageOf<"table_mod">>): void {
  refuseSecondary(request);
  const { agent, message } = request;
  const { table, miss, eviction, vacancy } = message;
  if (table !== ALL_TABLES && table >= VISIBLE_TABLES) {
    throw new OpenFlowError("OFPTMFC_BAD_TABLE", `table ${table} does not exist`);
  }
  for (const each of table === ALL_TABLES ? allTables : [table]) {
    if (miss !== undefined) setMiss(agent, each, miss);
    const one = agent.bridge.tables.table(each);
    if (eviction !== undefined) one.evictsForController = eviction;
    if (vacancy === "off") one.vacancyWish = undefined;
    else if (vacancy !== undefined) setVacancyWish(one, vacancy);
  }
  if (miss !== undefined) agent.switch.revalidator.missesChanged();
}
