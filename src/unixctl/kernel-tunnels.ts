/**
 * Routes and neighbours as this host's kernel has them: tunnels leave by its sockets, so they are what decides.
 *
 * What is set by hand (`ovs/route/add`, `tnl/neigh/set`) is kept and shown, for scripts that expect to find it again; it
 * does not move a packet: change the kernel's tables for that.
 */
import { listLinks } from "../kernel/link.ts";
import { type LinkAddress, listAddresses, listNeighbours, listRoutes, type Route } from "../kernel/route.ts";
import { formatAddress, formatMac, parseAddress } from "../slowpath/flow/address-text.ts";
import type { TunnelRoute, TunnelTables } from "./vswitchd.ts";

interface SetNeighbour {
  readonly address: string;
  readonly mac: string;
  readonly bridge: string;
}

export class KernelTunnels implements TunnelTables {
  readonly #neighbours = new Map<string, SetNeighbour>();
  readonly #routes = new Map<string, TunnelRoute>();
  readonly #isBridge: (name: string) => boolean;
  readonly #namespace: string | undefined;
  sourcePorts: readonly [number, number] = [32768, 61000];

  /** @param isBridge whether a device of that name is a bridge's own. @param namespace the daemon's own, unless given */
  constructor(isBridge: (name: string) => boolean, namespace?: string) {
    this.#isBridge = isBridge;
    this.#namespace = namespace;
  }

  /** The kernel's, as far as they are reached by bridges. */
  neighbours(): SetNeighbour[] {
    const names = linkNames(this.#namespace);
    const known = listNeighbours(this.#namespace).flatMap(({ address, mac, link }): SetNeighbour[] => {
      const bridge = names.get(link) ?? "";
      return this.#isBridge(bridge) ? [{ address: formatAddress(address), mac: formatMac(mac), bridge }] : [];
    });
    return [...new Map([...known.map((one) => [one.address, one] as const), ...this.#neighbours]).values()];
  }

  setNeighbour(bridge: string, address: string, mac: string): void {
    this.#neighbours.set(address, { address, mac, bridge });
  }

  flushNeighbours(): void {
    this.#neighbours.clear();
  }

  routes(): TunnelRoute[] {
    const names = linkNames(this.#namespace);
    const addresses = listAddresses(this.#namespace);
    const cached = listRoutes(this.#namespace).map((route) => cachedRoute(route, names, addresses));
    // Links share fe80::/64; one of them is shown.
    const byPrefix = new Map(cached.map((route) => [route.prefix, route]));
    return [...this.#routes.values(), ...byPrefix.values()].sort((a, b) => lengthOf(b) - lengthOf(a));
  }

  lookup(address: string, mark: number): TunnelRoute | undefined {
    const wanted = bytesOf(address);
    return this.routes().find((route) => (route.mark ?? mark) === mark && contains(route.prefix, wanted));
  }

  addRoute(prefix: string, device: string, gateway: string | undefined, mark: number): boolean {
    const link = [...linkNames(this.#namespace)].find(([, name]) => name === device)?.[0];
    const destination = bytesOf(gateway ?? prefix);
    const addresses = listAddresses(this.#namespace).filter((one) => one.link === link);
    const own = addresses.find((one) => contains(`${formatAddress(one.address)}/${one.prefixLength}`, destination));
    if (own === undefined) return false;
    const source = formatAddress(own.address);
    this.#routes.set(`${prefix} ${mark}`, { origin: "User", prefix, device, gateway, source, mark: mark || undefined });
    return true;
  }

  deleteRoute(prefix: string, mark: number): boolean {
    return this.#routes.delete(`${prefix} ${mark}`);
  }

  /** The kernel's sockets listen on every address. */
  listening(): string[] {
    return [];
  }
}

function linkNames(namespace: string | undefined): Map<number, string> {
  return new Map(listLinks(namespace).map(({ index, name }) => [index, name]));
}

function cachedRoute(route: Route, names: Map<number, string>, addresses: readonly LinkAddress[]): TunnelRoute {
  const { destination, prefixLength, link, gateway, local } = route;
  return {
    origin: "Cached",
    prefix: `${formatAddress(destination)}/${prefixLength}`,
    device: names.get(link) ?? String(link),
    gateway: gateway && formatAddress(gateway),
    source: sourceText(route, addresses),
    local,
  };
}

/** What the kernel prefers, else an address of the link out of the same network, else any of its family. */
function sourceText(
  { source, local, destination, link }: Route,
  addresses: readonly LinkAddress[],
): string | undefined {
  if (source !== undefined) return formatAddress(source);
  if (local) return formatAddress(destination);
  const own = addresses.filter((one) => one.link === link && one.address.length === destination.length);
  const near = own.find((one) => contains(`${formatAddress(one.address)}/${one.prefixLength}`, destination));
  const address = (near ?? own[0])?.address;
  return address && formatAddress(address);
}

function bytesOf(text: string): Uint8Array {
  return (parseAddress(text, 4) ?? parseAddress(text, 16))?.address ?? new Uint8Array();
}

function contains(prefix: string, address: Uint8Array): boolean {
  const parsed = parseAddress(prefix, address.length === 4 ? 4 : 16);
  if (parsed === undefined) return false;
  return parsed.address.every((byte, i) => ((byte ^ address[i]) & parsed.mask[i]) === 0);
}

function lengthOf({ prefix }: TunnelRoute): number {
  const length = Number(prefix.slice(prefix.indexOf("/") + 1));
  return prefix.includes(":") ? length : length + 96;
}
