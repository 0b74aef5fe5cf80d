/**
 * The host's routes and neighbours as the tools of tunnels tell them (`ovs/route/show`, `tnl/neigh/show`).
 *
 * Outer packets pass the host's own network stack, so its tables are the only ones there are: they are changed with ip(8), not here.
 */
import { listLinks } from "../../kernel/link.ts";
import { listNeighbours } from "../../kernel/neighbours.ts";
import { findRoute, listRoutes, type Route } from "../../kernel/routes.ts";
import { formatAddress, parseIpv4, parseIpv6 } from "../flow/address-text.ts";

export interface HostRoute {
  /** All of them are the kernel's. */
  readonly origin: "Cached";
  /** 172.31.0.0/24 */
  readonly prefix: string;
  readonly device: string;
  readonly source?: string;
  readonly gateway?: string;
  readonly local?: boolean;
}

export interface HostNeighbour {
  readonly address: string;
  readonly mac: string;
  /** The device it is reached by. */
  readonly bridge: string;
}

/** Local addresses first, then by the length of their prefixes, as a look-up goes. */
export function hostRoutes(): HostRoute[] {
  const names = deviceNames();
  return listRoutes()
    .toSorted((a, b) => Number(b.local) - Number(a.local) || b.prefixLength - a.prefixLength)
    .map((route) => describe(route, names));
}

/** undefined: there is no way to that address, or it is none. */
export function hostRouteTo(address: string, mark = 0): HostRoute | undefined {
  const bytes = parseIpv4(address) ?? parseIpv6(address);
  const route = bytes && findRoute(bytes, mark);
  return route && describe(route, deviceNames());
}

export function hostNeighbours(): HostNeighbour[] {
  const names = deviceNames();
  return listNeighbours().map(({ address, mac, interface: index }) => {
    return { address: formatAddress(address), mac, bridge: names.get(index) ?? String(index) };
  });
}

function describe(route: Route, names: ReadonlyMap<number, string>): HostRoute {
  const { destination, prefixLength, source, gateway, local } = route;
  return {
    origin: "Cached",
    prefix: `${formatAddress(destination)}/${prefixLength}`,
    device: names.get(route.interface) ?? String(route.interface),
    ...(source && { source: formatAddress(source) }),
    ...(gateway && { gateway: formatAddress(gateway) }),
    ...(local && { local }),
  };
}

const deviceNames = (): ReadonlyMap<number, string> => new Map(listLinks().map(({ index, name }) => [index, name]));
