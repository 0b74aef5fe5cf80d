import type { Reader } from "../database/database.ts";
import type { LogicalRouter, StaticRoute } from "../database/model.ts";
import { formatNetwork, parseAddress, parseNetwork } from "../network/ip.ts";
import { type Command, CommandError } from "./command.ts";
import { find, getRouter, getRouterPort } from "./lookup.ts";

export const lrRouteAdd: Command = {
  name: "lr-route-add",
  usage: "ROUTER PREFIX NEXTHOP [PORT]",
  minimum: 3,
  maximum: 4,
  options: ["--may-exist", "--ecmp", "--ecmp-symmetric-reply", "--policy=", "--route-table=", "--bfd?"],
  run({ words, options, transaction }) {
    const [routerId, prefixText, nexthopText, portId] = words;
    const router = getRouter(transaction, routerId);
    const policy = options.get("--policy");
    if (policy !== undefined && policy !== "src-ip" && policy !== "dst-ip")
      throw new CommandError(`bad policy: ${policy}`);
    for (const option of ["--ecmp-symmetric-reply", "--bfd"]) {
      if (options.has(option)) throw new CommandError(`${option} is not supported by the embedded control plane`);
    }
    const network = parseNetwork(prefixText);
    if (!network) throw new CommandError(`bad prefix argument: ${prefixText}`);
    const prefix = canonicalPrefix(prefixText);
    let port = portId === undefined ? undefined : getRouterPort(transaction, portId).name;
    let nexthop = nexthopText;
    if (nexthopText !== "discard") {
      const address = parseAddress(nexthopText);
      nexthop = address?.family === network.address.family ? address.text : "";
      if (nexthop === "") {
        const named = find(transaction, "Logical_Router_Port", nexthopText);
        if (!named) throw new CommandError(`bad IPv${network.address.family} nexthop argument: ${nexthopText}`);
        port ??= named.name;
      }
    }

    const wanted = { prefix, sourceRoute: policy === "src-ip", routeTable: options.get("--route-table") ?? "" };
    const ecmp = options.has("--ecmp");
    const same = routesLike(transaction, router, wanted).find((route) => !ecmp || route.nexthop === nexthop);
    if (nexthop === "discard" && ecmp) throw new CommandError("ecmp is not valid for discard routes.");
    if (nexthop === "discard" && port !== undefined) throw new CommandError("outport is not valid for discard routes.");
    if (same) {
      if (!options.has("--may-exist")) {
        throw new CommandError(
          ecmp
            ? "duplicate nexthop for the same ECMP route"
            : `duplicate prefix: ${prefix} (policy: ${wanted.sourceRoute ? "src-ip" : "dst-ip"}). Use option --ecmp to allow this for ECMP routing.`,
        );
      }
      if (!ecmp) {
        transaction.update("Logical_Router_Static_Route", same.uuid, {
          ip_prefix: prefix,
          nexthop,
          ...(port === undefined ? {} : { output_port: [port] }),
          ...(policy === undefined ? {} : { policy: [policy] }),
        });
      }
      return;
    }
    if (routesLike(transaction, router, wanted).some((route) => route.nexthop === "discard")) {
      throw new CommandError("discard nexthop for the same ECMP route exists.");
    }
    const route = transaction.insert("Logical_Router_Static_Route", {
      ip_prefix: prefix,
      nexthop,
      output_port: port === undefined ? [] : [port],
      policy: policy === undefined ? [] : [policy],
      route_table: wanted.routeTable,
    });
    transaction.update("Logical_Router", router.uuid, { static_routes: [...router.static_routes, route.uuid] });
  },
};

/** Prefixes are kept with their length, but for hosts: 10.0.0.5/8 becomes 10.0.0.0/8, 10.0.0.5/32 becomes 10.0.0.5. */
export function canonicalPrefix(text: string): string | undefined {
  const network = parseNetwork(text);
  return network && formatNetwork(network);
}

function routesLike(
  reader: Reader,
  router: LogicalRouter,
  { prefix, sourceRoute, routeTable }: { prefix?: string; sourceRoute: boolean; routeTable: string },
): readonly StaticRoute[] {
  return router.static_routes
    .map((uuid) => reader.row("Logical_Router_Static_Route", uuid)!)
    .filter((route) => route.route_table === routeTable)
    .filter((route) => (route.policy[0] === "src-ip") === sourceRoute)
    .filter((route) => canonicalPrefix(route.ip_prefix) === prefix);
}
