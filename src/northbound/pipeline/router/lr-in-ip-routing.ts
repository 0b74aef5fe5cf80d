import { formatNetwork } from "../../network/ip.ts";
import { join, resubmit } from "../actions.ts";
import { ROUTER_ADVERTISEMENT, ROUTER_SOLICITATION } from "../match.ts";
import { FLAG, inPort, matchWord, setFlag, setOutPort, writeBits } from "../registers.ts";
import type { NextHop, Route } from "../routes.ts";
import type { Place, Stage } from "../stage.ts";
import type { Router } from "../topology.ts";
import { writeNextHop } from "./next-hop.ts";

/** reg8: its low half the route's number when it has equal-cost paths, its high half the path's. */
export const PATHS_REGISTER = 8;

/** Longest prefix first, by priority; of one length, connected before static, destination before source. */
export const lrInIpRouting: Stage<Router> = {
  name: "lr_in_ip_routing",
  rules(add, router, here) {
    add(10550, [[ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT]], "drop");
    for (const route of router.routes)
      add(priorityOf(route), matchRoute(router, route, here), forward(router, route, here));
    add(0, [], "drop");
  },
};

function priorityOf({ network: { prefix }, origin, matches }: Route): number {
  return prefix * 3 + (matches === "source" ? 0 : origin === "static" ? 1 : 2);
}

function matchRoute(router: Router, route: Route, { identities }: Place): string[] {
  const { network, origin, matches, routeTable } = route;
  const v4 = network.address.family === 4;
  const field = matches === "source" ? (v4 ? "nw_src" : "ipv6_src") : v4 ? "nw_dst" : "ipv6_dst";
  const match = [v4 ? "ip" : "ipv6"];
  if (network.prefix > 0) match.push(`${field}=${formatNetwork(network)}`);
  // A link-local destination means the link the packet came from.
  if (isLinkLocal(route) && route.nextHops.length === 1) match.push(inPort(route.nextHops[0].port.key));
  const inTable = routeTable !== "" || (origin === "static" && matches === "destination");
  const table = routeTable === "" ? 0 : identities.routeTables.get(router.uuid, routeTable);
  return inTable ? [...match, matchWord(7, table)] : match;
}

const isLinkLocal = ({ network: { address } }: Route): boolean =>
  address.family === 6 && address.value >> 118n === 0x3fan;

function forward(router: Router, route: Route, here: Place): string {
  if (route.nextHops.length === 0) return "drop";
  if (route.nextHops.length > 1) return choosePath(router, route, here);
  const [hop] = route.nextHops;
  return join(
    "dec_ttl()",
    writeBits(PATHS_REGISTER, 0, 16, 0),
    writeNextHop(route, hop),
    setOutPort(hop.port.key),
    setFlag(FLAG.loopback),
    here.next,
  );
}

const pathName = ({ port, gateway }: NextHop): string => `${port.uuid} ${gateway?.text ?? ""}`;

/** The numbers of a route and of its paths, for this stage and the next. */
export function pathNumbers(router: Router, route: Route, { identities }: Place) {
  const name = `${formatNetwork(route.network)} ${route.matches} ${route.routeTable}`;
  return {
    name,
    route: identities.nextHops.get(router.uuid, name),
    path: (hop: NextHop) => identities.nextHops.get(`${router.uuid} ${name}`, pathName(hop)),
  };
}

function choosePath(router: Router, route: Route, here: Place): string {
  const numbers = pathNumbers(router, route, here);
  const id = here.identities.groups.get(`route ${router.uuid} ${numbers.name}`);
  here.groups.add({
    id,
    selection: "selection_method=dp_hash",
    buckets: route.nextHops.map((hop) => ({
      id: numbers.path(hop) - 1,
      actions: join(writeBits(PATHS_REGISTER, 16, 16, numbers.path(hop)), resubmit(here.nextTable)),
    })),
  });
  return join("dec_ttl()", setFlag(FLAG.loopback), writeBits(PATHS_REGISTER, 0, 16, numbers.route), `group:${id}`);
}
