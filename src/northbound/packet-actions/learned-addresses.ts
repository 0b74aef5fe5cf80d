/**
 * What packets taught: neighbours of router ports (IP address → Ethernet address), and stations behind switch ports.
 *
 * Invariants: one Ethernet address for a neighbour, one port for a station on a switch; the newest word counts. Bounded, so that
 * a port that sends from ever new addresses costs others nothing: past the limit of a port its oldest entry goes.
 */
import type { Address } from "../network/ip.ts";

export interface LearnedNeighbor {
  readonly address: Address;
  readonly mac: string;
}

/** Entries a port may have. */
const LIMIT = 1024;

export class LearnedAddresses {
  /** Router port → IP address → neighbour. */
  readonly #neighbors = new Map<string, Map<string, LearnedNeighbor>>();
  /** Switch port → Ethernet addresses. */
  readonly #stations = new Map<string, Set<string>>();

  /** Whether that was news. */
  learnNeighbor(port: string, address: Address, mac: string): boolean {
    const known = this.#neighbors.get(port) ?? new Map<string, LearnedNeighbor>();
    if (known.get(address.text)?.mac === mac) return false;
    known.delete(address.text);
    known.set(address.text, { address, mac });
    if (known.size > LIMIT) known.delete(known.keys().next().value!);
    this.#neighbors.set(port, known);
    return true;
  }

  /** `siblings` are all ports of the switch: a station that moved is forgotten where it was. */
  learnStation(port: string, mac: string, siblings: readonly string[]): boolean {
    if (this.#stations.get(port)?.has(mac)) return false;
    for (const sibling of siblings) this.#stations.get(sibling)?.delete(mac);
    const known = this.#stations.get(port) ?? new Set<string>();
    known.add(mac);
    if (known.size > LIMIT) known.delete(known.values().next().value!);
    this.#stations.set(port, known);
    return true;
  }

  neighborsOf(port: string): Iterable<LearnedNeighbor> {
    return this.#neighbors.get(port)?.values() ?? [];
  }

  stationsOf(port: string): Iterable<string> {
    return this.#stations.get(port) ?? [];
  }

  /** Ports that are gone take what they taught with them. */
  keepOnly(ports: ReadonlySet<string>): void {
    for (const port of this.#neighbors.keys()) if (!ports.has(port)) this.#neighbors.delete(port);
    for (const port of this.#stations.keys()) if (!ports.has(port)) this.#stations.delete(port);
  }
}
