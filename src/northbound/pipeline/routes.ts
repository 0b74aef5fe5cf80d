/** Routes of a router: of its ports' networks, and static ones with the way out worked out. */
import type { StaticRoute } from "../database/model.ts";
import { type Address, contains, type Network, parseAddress, parseNetwork } from "../network/ip.ts";
import type { Router, RouterPort } from "./topology.ts";

export interface NextHop {
  readonly port: RouterPort;
  /** Source for ARP requests and the like: the port's address in the network of the next hop. */
  readonly source: Address;
  /** The gateway; `undefined` = the destination itself is on the link. */
  readonly gateway?: Address;
}

export interface Route {
  readonly network: Network;
  readonly origin: "connected" | "static";
  readonly matches: "destination" | "source";
  readonly routeTable: string;
  /** None: discard. More than one: equal-cost paths, one chosen for each connection. */
  readonly nextHops: readonly NextHop[];
}

export function routesOf(router: Router, rows: readonly StaticRoute[]): readonly Route[] {
  return [...connectedRoutes(router), ...staticRoutes(router, rows)];
}

function connectedRoutes(router: Router): Route[] {
  return router.ports
    .filter(({ enabled }) => enabled)
    .flatMap((port) =>
      port.networks.map((network) => ({
        network,
        origin: "connected" as const,
        matches: "destination" as const,
        routeTable: "",
        nextHops: [{ port, source: network.address }],
      })),
    );
}

/** Rows with the same prefix, policy and table are one route with several next hops. */
function staticRoutes(router: Router, rows: readonly StaticRoute[]): Route[] {
  const routes = new Map<string, Route>();
  for (const row of rows) {
    const network = parseNetwork(row.ip_prefix);
    if (!network) continue;
    const discard = row.nexthop === "discard";
    const hop = discard ? undefined : findNextHop(router, row, network);
    if (!discard && !hop) continue;
    const matches = row.policy[0] === "src-ip" ? "source" : "destination";
    const key = `${row.ip_prefix} ${matches} ${row.route_table}`;
    const nextHops = [...(routes.get(key)?.nextHops ?? []), ...(hop ? [hop] : [])];
    routes.set(key, { network, origin: "static", matches, routeTable: row.route_table, nextHops });
  }
  return [...routes.values()];
}

function findNextHop(router: Router, row: StaticRoute, { address: { family } }: Network): NextHop | undefined {
  const gateway = parseAddress(row.nexthop);
  const [portName] = row.output_port;
  const ports = router.ports.filter(({ enabled, name }) => enabled && (portName === undefined || name === portName));
  for (const port of ports) {
    const onLink = port.networks.find((network) => gateway && contains(network, gateway));
    if (onLink) return { port, source: onLink.address, gateway };
  }
  if (portName === undefined) return undefined;
  // A port given by name is used even if the next hop is in none of its networks.
  const source = ports[0]?.networks.find(({ address }) => address.family === family)?.address;
  return source && { port: ports[0], source, gateway };
}
