/**
 * Addresses that NORMAL has learned: on which port, in which VLAN, a source address was last seen.
 * Limits: as OVS, 300 s without a packet and 8192 entries; the one unseen for longest gives way.
 */
import type { OfPort } from "../actions/action.ts";

export interface MacEntry {
  readonly vlan: number;
  readonly mac: Uint8Array;
  readonly port: OfPort;
  /** Milliseconds, the caller's clock. */
  readonly seen: number;
  /** Set by hand: never expires, never moves. */
  readonly isStatic: boolean;
}

export const MAC_AGING = 300_000;
export const MAC_TABLE_LIMIT = 8192;

/** VLAN and address: 60 bits are more than a number holds exactly. */
function textKey(vlan: number, mac: Uint8Array): string {
  const high = ((vlan * 256 + mac[0]) * 256 + mac[1]) * 256 + mac[2];
  return `${high}:${(mac[3] << 16) | (mac[4] << 8) | mac[5]}`;
}

export class MacTable {
  /** Insertion order is order of last sight. */
  readonly #entries = new Map<string, MacEntry>();
  readonly #limit: number;
  readonly aging: number;

  constructor(options: { aging?: number; limit?: number } = {}) {
    this.aging = options.aging ?? MAC_AGING;
    this.#limit = options.limit ?? MAC_TABLE_LIMIT;
  }

  get size(): number {
    return this.#entries.size;
  }

  [Symbol.iterator](): IterableIterator<MacEntry> {
    return this.#entries.values();
  }

  lookup(vlan: number, mac: Uint8Array): OfPort | undefined {
    return this.#entries.get(textKey(vlan, mac))?.port;
  }

  /** True when forwarding changes by it: a new address, or one that moved. */
  learn(vlan: number, mac: Uint8Array, port: OfPort, now: number): boolean {
    if (mac[0] & 1) return false;
    const key = textKey(vlan, mac);
    const known = this.#entries.get(key);
    if (known?.isStatic) return false;
    this.#entries.delete(key);
    this.#entries.set(key, { vlan, mac: mac.slice(), port, seen: now, isStatic: false });
    if (this.#entries.size > this.#limit) this.#dropOldest();
    return known?.port !== port;
  }

  set(vlan: number, mac: Uint8Array, port: OfPort, now: number): void {
    this.#entries.set(textKey(vlan, mac), { vlan, mac: mac.slice(), port, seen: now, isStatic: true });
  }

  remove(vlan: number, mac: Uint8Array): boolean {
    return this.#entries.delete(textKey(vlan, mac));
  }

  /** Removes what was not seen for the aging time. True when something went. */
  expire(now: number): boolean {
    const before = this.#entries.size;
    for (const [key, entry] of this.#entries) {
      if (!entry.isStatic && entry.seen <= now - this.aging) this.#entries.delete(key);
    }
    return this.#entries.size !== before;
  }

  flush(port?: OfPort): void {
    for (const [key, entry] of this.#entries) {
      if (!entry.isStatic && (port === undefined || entry.port === port)) this.#entries.delete(key);
    }
  }

  #dropOldest(): void {
    for (const [key, entry] of this.#entries) {
      if (entry.isStatic) continue;
      this.#entries.delete(key);
      return;
    }
  }
}
