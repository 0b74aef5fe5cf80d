/** Rows by name or UUID, with ovn-nbctl's sentences when there is none, or more than one. */
import type { Reader } from "../database/database.ts";
import type {
  LoadBalancer,
  LogicalRouter,
  LogicalRouterPort,
  LogicalSwitch,
  LogicalSwitchPort,
  Rows,
} from "../database/model.ts";
import { isUuid } from "../database/uuid.ts";
import { CommandError } from "./command.ts";

type NamedTable = "Logical_Switch" | "Logical_Switch_Port" | "Logical_Router" | "Logical_Router_Port" | "Load_Balancer";

const NOUNS: Record<NamedTable, { one: string; many: string }> = {
  Logical_Switch: { one: "switch", many: "logical switches" },
  Logical_Switch_Port: { one: "port", many: "logical switch ports" },
  Logical_Router: { one: "router", many: "logical routers" },
  Logical_Router_Port: { one: "port", many: "logical router ports" },
  Load_Balancer: { one: "load balancer", many: "load balancers" },
};

export function find<T extends NamedTable>(reader: Reader, table: T, id: string): Rows[T] | undefined {
  const byUuid = isUuid(id) ? reader.row(table, id.toLowerCase()) : undefined;
  if (byUuid) return byUuid;
  const named = reader.rows(table).filter(({ name }) => name === id);
  if (named.length > 1) throw new CommandError(`Multiple ${NOUNS[table].many} named '${id}'.  Use a UUID.`);
  return named[0];
}

export function get<T extends NamedTable>(reader: Reader, table: T, id: string): Rows[T] {
  const row = find(reader, table, id);
  if (!row) throw new CommandError(`${id}: ${NOUNS[table].one} ${isUuid(id) ? "UUID" : "name"} not found`);
  return row;
}

export const getSwitch = (reader: Reader, id: string): LogicalSwitch => get(reader, "Logical_Switch", id);
export const getRouter = (reader: Reader, id: string): LogicalRouter => get(reader, "Logical_Router", id);
export const getSwitchPort = (reader: Reader, id: string): LogicalSwitchPort => get(reader, "Logical_Switch_Port", id);
export const getRouterPort = (reader: Reader, id: string): LogicalRouterPort => get(reader, "Logical_Router_Port", id);
export const getLoadBalancer = (reader: Reader, id: string): LoadBalancer => get(reader, "Load_Balancer", id);

export function switchOf(reader: Reader, port: LogicalSwitchPort): LogicalSwitch {
  return reader.rows("Logical_Switch").find(({ ports }) => ports.includes(port.uuid))!;
}

export function routerOf(reader: Reader, port: LogicalRouterPort): LogicalRouter {
  return reader.rows("Logical_Router").find(({ ports }) => ports.includes(port.uuid))!;
}

/** A port set to enabled or not set at all is in use. */
export const isEnabled = (row: { readonly enabled: readonly boolean[] }): boolean => row.enabled[0] !== false;

export function parseEnabled(state: string): boolean {
  const word = state.toLowerCase();
  if (word !== "enabled" && word !== "disabled") {
    throw new CommandError(`${state}: state must be "enabled" or "disabled"`);
  }
  return word === "enabled";
}

/** "UUID (NAME)" a line, sorted by name: the ls-list family. */
export function namedRows(rows: readonly { uuid: string; name: string }[]): string {
  return [...rows]
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map(({ uuid, name }) => `${uuid} (${name})\n`)
    .join("");
}
