import type { StaticRoute } from "../database/model.ts";
import { type Command, CommandError } from "./command.ts";
import { getRouter } from "./lookup.ts";
import { canonicalPrefix } from "./lr-route-add.ts";

export const lrRouteDel: Command = {
  name: "lr-route-del",
  usage: "ROUTER [PREFIX [NEXTHOP [PORT]]]",
  minimum: 1,
  maximum: 4,
  options: ["--if-exists", "--policy=", "--route-table="],
  run({ words, options, transaction }) {
    const [routerId, prefixText, nexthopText, port] = words;
    const router = getRouter(transaction, routerId);
    const policy = options.get("--policy");
    if (policy !== undefined && policy !== "src-ip" && policy !== "dst-ip")
      throw new CommandError(`bad policy: ${policy}`);
    const routeTable = options.get("--route-table");
    if (prefixText === undefined && policy === undefined && routeTable === undefined) {
      transaction.update("Logical_Router", router.uuid, { static_routes: [] });
      return;
    }
    const prefix = prefixText === undefined ? undefined : canonicalPrefix(prefixText);
    if (prefixText !== undefined && prefix === undefined) throw new CommandError(`bad prefix argument: ${prefixText}`);
    const nexthop = nexthopText === undefined || nexthopText === "discard" ? nexthopText : canonicalPrefix(nexthopText);
    if (nexthopText !== undefined && nexthop === undefined) {
      throw new CommandError(`bad nexthop argument: ${nexthopText}`);
    }

    const goes = (route: StaticRoute) =>
      (policy === undefined || (route.policy[0] ?? "dst-ip") === policy) &&
      (prefix === undefined || canonicalPrefix(route.ip_prefix) === prefix) &&
      (prefix === undefined || route.route_table === (routeTable ?? "")) &&
      (prefix !== undefined || routeTable === undefined || route.route_table === routeTable) &&
      (nexthop === undefined || (canonicalPrefix(route.nexthop) ?? route.nexthop) === nexthop) &&
      (port === undefined || route.output_port[0] === port);
    const left = router.static_routes.filter((uuid) => !goes(transaction.row("Logical_Router_Static_Route", uuid)!));
    if (left.length < router.static_routes.length) {
      transaction.update("Logical_Router", router.uuid, { static_routes: left });
    } else if (!options.has("--if-exists")) {
      throw new CommandError(
        `no matching route: policy '${policy ?? "any"}', prefix '${prefix}', nexthop '${nexthop ?? "any"}', ` +
          `output_port '${port ?? "any"}'.`,
      );
    }
  },
};
