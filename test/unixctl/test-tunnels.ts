/** Routes and neighbours as a host has that reaches 10.9.0.0/24 by br-int as 10.9.0.1. */
import type { TunnelRoute, TunnelTables } from "../../src/unixctl/vswitchd.ts";

export class TestTunnels implements TunnelTables {
  readonly #neighbours = new Map<string, { address: string; mac: string; bridge: string }>();
  readonly #routes: TunnelRoute[] = [];
  sourcePorts: readonly [number, number] = [32768, 61000];

  neighbours() {
    return this.#neighbours.values();
  }

  setNeighbour(bridge: string, address: string, mac: string): void {
    this.#neighbours.set(address, { address, mac, bridge });
  }

  flushNeighbours(): void {
    this.#neighbours.clear();
  }

  routes() {
    return this.#routes;
  }

  lookup(address: string, mark: number): TunnelRoute | undefined {
    const network = address.split(".").slice(0, 3).join(".");
    return this.#routes.find((route) => route.prefix.startsWith(network) && (route.mark ?? 0) === mark);
  }

  addRoute(prefix: string, device: string, gateway: string | undefined, mark: number): boolean {
    if (!gateway?.startsWith("10.9.0.")) return false;
    this.#routes.push({ origin: "User", prefix, device, gateway, mark, source: "10.9.0.1" });
    return true;
  }

  deleteRoute(prefix: string, mark: number): boolean {
    const at = this.#routes.findIndex((route) => route.prefix === prefix && (route.mark ?? 0) === mark);
    if (at < 0) return false;
    this.#routes.splice(at, 1);
    return true;
  }

  listening(): string[] {
    return [];
  }
}
