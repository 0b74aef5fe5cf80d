import type { Reader } from "../database/database.ts";
import type { LogicalRouter, LogicalSwitch } from "../database/model.ts";
import type { Command } from "./command.ts";
import { find } from "./lookup.ts";

export const show: Command = {
  name: "show",
  usage: "[SWITCH]",
  minimum: 0,
  maximum: 1,
  run({ words, transaction, print }) {
    if (words.length === 0) {
      for (const row of transaction.rows("Logical_Switch")) print(showSwitch(transaction, row));
      for (const row of transaction.rows("Logical_Router")) print(showRouter(transaction, row));
      return;
    }
    const logicalSwitch = find(transaction, "Logical_Switch", words[0]);
    if (logicalSwitch) print(showSwitch(transaction, logicalSwitch));
    const router = find(transaction, "Logical_Router", words[0]);
    if (router) print(showRouter(transaction, router));
  },
};

const quoted = (texts: readonly string[]): string => `[${texts.map((text) => `"${text}"`).join(", ")}]`;

/** The name OpenStack gave, behind our own. */
function alias(row: { external_ids: ReadonlyMap<string, string> }, key: string): string {
  const name = row.external_ids.get(key);
  return name ? ` (aka ${name})` : "";
}

function showSwitch(reader: Reader, row: LogicalSwitch): string {
  const lines = [`switch ${row.uuid} (${row.name})${alias(row, "neutron:network_name")}`];
  for (const uuid of row.ports) {
    const port = reader.row("Logical_Switch_Port", uuid)!;
    lines.push(`    port ${port.name}${alias(port, "neutron:port_name")}`);
    if (port.type !== "") lines.push(`        type: ${port.type}`);
    const onlyRouter = port.addresses.length === 1 && port.addresses[0] === "router";
    if (port.addresses.length > 0 && !onlyRouter) lines.push(`        addresses: ${quoted(port.addresses)}`);
    const peer = port.options.get("router-port");
    if (peer !== undefined) lines.push(`        router-port: ${peer}`);
  }
  return `${lines.join("\n")}\n`;
}

function showRouter(reader: Reader, row: LogicalRouter): string {
  const lines = [`router ${row.uuid} (${row.name})${alias(row, "neutron:router_name")}`];
  for (const uuid of row.ports) {
    const port = reader.row("Logical_Router_Port", uuid)!;
    lines.push(`    port ${port.name}`, `        mac: "${port.mac}"`, `        networks: ${quoted(port.networks)}`);
    const routeTable = port.options.get("route_table");
    if (routeTable !== undefined) lines.push(`        route-table: ${routeTable}`);
  }
  return `${lines.join("\n")}\n`;
}
