/**
 * The host that dummy ports belong to: addresses given by `netdev-dummy/ip4addr` and `ip6addr`, routes by `ovs/route/add`.
 *
 * Not handled: packets do not go this way. Tunnel packets of a daemon with dummy ports stay in its memory.
 */
import { formatAddress, parseAddress } from "../../../slowpath/flow/address-text.ts";
import type { TunnelRoute, TunnelTables } from "../../../unixctl/vswitchd.ts";

interface Prefix {
  readonly address: Uint8Array;
  readonly mask: Uint8Array;
}

interface Neighbour {
  readonly address: string;
  readonly mac: string;
  readonly bridge: string;
}

interface Route extends TunnelRoute {
  readonly to: Prefix;
  readonly mark?: number;
}

export class DummyHost implements TunnelTables {
  readonly #addresses = new Map<string, Prefix[]>();
  readonly #neighbours = new Map<string, Neighbour>();
  readonly #routes = new Map<string, Route>();
  sourcePorts: readonly [number, number] = [32768, 61000];

  /** An address of the device, `192.0.2.1/24`. */
  addAddress(device: string, prefix: Prefix): void {
    this.#addresses.set(device, [...(this.#addresses.get(device) ?? []), prefix]);
  }

  neighbours(): Iterable<Neighbour> {
    return this.#neighbours.values();
  }

  setNeighbour(bridge: string, address: string, mac: string): void {
    this.#neighbours.set(address, { address, mac, bridge });
  }

  flushNeighbours(): void {
    this.#neighbours.clear();
  }

  /** The most particular first. */
  routes(): Route[] {
    return [...this.#routes.values()].sort((a, b) => ones(b.to) - ones(a.to));
  }

  lookup(address: string, mark: number): TunnelRoute | undefined {
    const wanted = parse(address)?.address;
    return wanted && this.routes().find((route) => (route.mark ?? 0) === mark && covers(route.to, wanted));
  }

  addRoute(text: string, device: string, gateway: string | undefined, mark: number): boolean {
    const to = parse(text);
    const next = gateway === undefined ? to?.address : parse(gateway)?.address;
    if (to === undefined || next === undefined) return false;
    const own = this.#addresses.get(device)?.find((one) => covers(one, next));
    if (own === undefined) return false;
    const prefix = textOf(to);
    const source = formatAddress(own.address);
    this.#routes.set(`${prefix} ${mark}`, {
      origin: "User",
      prefix,
      to,
      device,
      source,
      gateway,
      mark: mark || undefined,
    });
    return true;
  }

  deleteRoute(text: string, mark: number): boolean {
    const to = parse(text);
    return to !== undefined && this.#routes.delete(`${textOf(to)} ${mark}`);
  }

  listening(): string[] {
    return [];
  }
}

function parse(text: string): Prefix | undefined {
  return parseAddress(text, 4) ?? parseAddress(text, 16);
}

function covers({ address, mask }: Prefix, other: Uint8Array): boolean {
  return address.length === other.length && address.every((byte, i) => ((byte ^ other[i]) & mask[i]) === 0);
}

const ones = ({ mask }: Prefix): number =>
  mask.reduce((count, byte) => count + byte.toString(2).replaceAll("0", "").length, 0);

const textOf = (to: Prefix): string => `${formatAddress(to.address.map((byte, i) => byte & to.mask[i]))}/${ones(to)}`;
