/** Limits of a bridge's flow tables, from the rows of Flow_Table. */
import { isDeepStrictEqual } from "node:util";
import type { Subfield } from "../../slowpath/flow/field.ts";
import { parseSubfield } from "../../slowpath/flow/subfield.ts";
import type { SwitchBridge } from "../../slowpath/switch.ts";
import { DEFAULT_SETTINGS, type TableSettings } from "../../slowpath/tables/flow-table.ts";
import type { FlowTableRow } from "./tables.ts";

/** The last table is the switch's own. */
const CONFIGURABLE = 254;

/**
 * @param rows by table number
 * @param complain is called with sentences about what makes no sense
 */
export function configureFlowTables(
  bridge: SwitchBridge,
  rows: ReadonlyMap<number, FlowTableRow>,
  now: number,
  complain: (text: string) => void,
): void {
  const tables = new Set([...rows.keys(), ...[...bridge.tables.usedTables()].map(([number]) => number)]);
  for (const number of tables) {
    if (number >= CONFIGURABLE) {
      if (rows.has(number)) complain(`bridge ${bridge.name}: there is no flow table ${number} to configure`);
      continue;
    }
    const settings = settingsOf(rows.get(number), (what) => complain(`bridge ${bridge.name} table ${number}: ${what}`));
    if (isDeepStrictEqual(settings, bridge.tables.table(number).settings)) continue;
    bridge.tables.configure(number, settings, now);
  }
}

function settingsOf(row: FlowTableRow | undefined, complain: (text: string) => void): TableSettings {
  if (row === undefined) return DEFAULT_SETTINGS;
  const groups: Subfield[] = [];
  for (const text of row.groups) {
    try {
      groups.push(parseSubfield(text));
    } catch (error) {
      complain(`error parsing 'groups' (${(error as Error).message})`);
    }
  }
  const evicts = row.overflow_policy === "evict";
  return { name: row.name ?? "", evicts, groups, ...(row.flow_limit !== undefined && { flowLimit: row.flow_limit }) };
}
