import { compareAtoms } from "../database/datum.ts";
import type { StaticRoute } from "../database/model.ts";
import { type Network, parseNetwork } from "../network/ip.ts";
import type { Command } from "./command.ts";
import { getRouter } from "./lookup.ts";
import { canonicalPrefix } from "./lr-route-add.ts";

interface Entry {
  readonly route: StaticRoute;
  readonly network: Network;
  /** As the routing stage orders them: longer prefixes first, and of one length, destination before source. */
  readonly priority: number;
}

export const lrRouteList: Command = {
  name: "lr-route-list",
  usage: "ROUTER",
  minimum: 1,
  maximum: 1,
  options: ["--route-table="],
  run({ words, options, transaction, print }) {
    const router = getRouter(transaction, words[0]);
    const routeTable = options.get("--route-table");
    const entries = router.static_routes
      .map((uuid) => transaction.row("Logical_Router_Static_Route", uuid)!)
      .filter((route) => routeTable === undefined || route.route_table === routeTable)
      .flatMap(entry);
    const families = ([4, 6] as const).map(
      (family) => [family, entries.filter((e) => e.network.address.family === family)] as const,
    );
    const sections = families
      .filter(([, routes]) => routes.length > 0)
      .map(([family, routes]) => `IPv${family} Routes\n${section(routes)}`);
    print(sections.join("\n"));
  },
};

function entry(route: StaticRoute): Entry[] {
  const network = parseNetwork(route.ip_prefix);
  if (!network) return [];
  return [{ route, network, priority: 2 * network.prefix + (route.policy[0] === "src-ip" ? 0 : 1) }];
}

function compareDestinations(a: Entry, b: Entry): number {
  return (
    compareAtoms(a.route.route_table, b.route.route_table) ||
    b.priority - a.priority ||
    (a.network.address.value < b.network.address.value ? -1 : a.network.address.value > b.network.address.value ? 1 : 0)
  );
}

function section(entries: readonly Entry[]): string {
  const sorted = [...entries].sort(
    (a, b) =>
      compareDestinations(a, b) ||
      compareAtoms(a.route.nexthop, b.route.nexthop) ||
      compareAtoms(a.route.output_port[0] ?? "", b.route.output_port[0] ?? ""),
  );
  let text = "";
  sorted.forEach((entry, i) => {
    const table = entry.route.route_table;
    if (i === 0 || sorted[i - 1].route.route_table !== table) {
      text += `${i === 0 ? "" : "\n"}Route Table ${table === "" ? "<main>" : table}:\n`;
    }
    const ecmp = [sorted[i - 1], sorted[i + 1]].some((other) => other && compareDestinations(entry, other) === 0);
    text += line(entry.route, ecmp);
  });
  return text;
}

function line(route: StaticRoute, ecmp: boolean): string {
  const nexthop = canonicalPrefix(route.nexthop) ?? route.nexthop;
  const words = [
    (canonicalPrefix(route.ip_prefix) ?? "").padStart(25),
    nexthop.padStart(25),
    route.policy[0] ?? "dst-ip",
    ...route.output_port,
    ...(ecmp ? ["ecmp"] : []),
  ];
  return `${words.join(" ")}\n`;
}
