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

/** What is new, and what it takes the place of. */
export interface Lesson<T> {
  readonly learned: T;
  readonly forgotten: readonly { readonly port: string; readonly what: T }[];
}

/** Entries a port may have. */
const LIMIT = 1024;

export class LearnedAddresses {
  /** Router port → IP address → neighbour. */
  readonly #neighbors = new Map<string, Map<string, LearnedNeighbor>>();
  /** Switch port → Ethernet addresses. */
  readonly #stations = new Map<string, Set<string>>();

  /** `undefined` when that is no news. */
  learnNeighbor(port: string, address: Address, mac: string): Lesson<LearnedNeighbor> | undefined {
    const known = this.#neighbors.get(port) ?? new Map<string, LearnedNeighbor>();
    const before = known.get(address.text);
    if (before?.mac === mac) return undefined;
    const learned = { address, mac };
    known.delete(address.text);
    const forgotten = before ? [before] : known.size >= LIMIT ? [known.values().next().value!] : [];
    for (const neighbor of forgotten) known.delete(neighbor.address.text);
    known.set(address.text, learned);
    this.#neighbors.set(port, known);
    return { learned, forgotten: forgotten.map((what) => ({ port, what })) };
  }

  /** `siblings` are all ports of the switch: a station that moved is forgotten where it was. */
  learnStation(port: string, mac: string, siblings: readonly string[]): Lesson<string> | undefined {
    const known = this.#stations.get(port) ?? new Set<string>();
    if (known.has(mac)) return undefined;
    const forgotten = siblings
      .filter((sibling) => this.#stations.get(sibling)?.delete(mac))
      .map((at) => ({ port: at, what: mac }));
    if (known.size >= LIMIT) {
      const oldest = known.values().next().value!;
      known.delete(oldest);
      forgotten.push({ port, what: oldest });
    }
    known.add(mac);
    this.#stations.set(port, known);
    return { learned: mac, forgotten };
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
