/** How full tables are, told to controllers that want to know: OpenFlow 1.4's vacancy events. */
import type { FlowTable } from "../../slowpath/tables/flow-table.ts";
import { type TableDescription, tableReasonNumber } from "../messages/table-features.ts";
import { wants } from "./async-masks.ts";
import type { BridgeAgent } from "./bridge-agent.ts";

export function describeTable(
  { settings, evictsForController, vacancy, vacancyWish }: FlowTable,
  table: number,
): TableDescription {
  return { table, eviction: settings.evicts || evictsForController, vacancy, wish: vacancyWish };
}

/** A wish that is there already keeps waiting for what it waits for. */
export function setVacancyWish(table: FlowTable, { down, up }: { readonly down: number; readonly up: number }): void {
  const next = table.vacancyWish?.next ?? (table.vacancy < up ? "up" : "down");
  table.vacancyWish = { down, up, next };
}

export function tellVacancies(agent: BridgeAgent, tables: Iterable<number>): void {
  for (const number of tables) {
    const table = agent.bridge.tables.table(number);
    const wish = table.vacancyWish;
    if (wish === undefined) continue;
    const { vacancy } = table;
    const reached = wish.next === "down" ? vacancy < wish.down : vacancy > wish.up;
    if (!reached) continue;
    const reason = wish.next;
    for (const session of agent.sessions) {
      if (!agent.hears(session)) continue;
      if (!wants(session.masks, session.role, "tableStatus", tableReasonNumber(reason))) continue;
      session.sendAsync({ type: "table_status", reason, description: describeTable(table, number) });
    }
    wish.next = reason === "down" ? "up" : "down";
  }
}
