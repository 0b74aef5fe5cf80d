/**
 * What: which port a station was last seen on, per VLAN: what the NORMAL action forwards by.
 * Invariants: never more than `limit` entries: a new one pushes out the one seen longest ago on the port that has most of them,
 *   so that a port that floods addresses harms itself. Static entries neither age nor move. Listeners hear of every change that could send a packet another way.
 */
import { formatMac } from "../flow/address-text.ts";

export interface MacEntry {
  readonly vlan: number;
  readonly mac: Uint8Array;
  /** OpenFlow port. */
  readonly port: number;
  /** Milliseconds of CLOCK_MONOTONIC; of no meaning for static entries. */
  readonly seen: number;
  readonly static: boolean;
}

export const DEFAULT_MAC_AGING_SECONDS = 300;
export const DEFAULT_MAC_LIMIT = 8192;

/** Four UTF-16 units: cheaper to make than a text, and this is done for every packet that NORMAL translates. */
const keyOf = (vlan: number, mac: Uint8Array): string =>
  String.fromCharCode(vlan, (mac[0] << 8) | mac[1], (mac[2] << 8) | mac[3], (mac[4] << 8) | mac[5]);

export class MacLearning {
  /** Seen longest ago first. */
  readonly #entries = new Map<string, MacEntry>();
  /** Keys of learned entries by port, seen longest ago first. */
  readonly #byPort = new Map<number, Set<string>>();
  readonly #listeners: (() => void)[] = [];
  /** What happened since the start, or since somebody set it back. */
  readonly statistics = { learned: 0, expired: 0, evicted: 0, moved: 0, notMoved: 0 };
  agingSeconds = DEFAULT_MAC_AGING_SECONDS;
  limit = DEFAULT_MAC_LIMIT;

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Notes a packet's source. True: the station is new or moved. Multicast sources teach nothing. */
  learn(vlan: number, mac: Uint8Array, port: number, now: number): boolean {
    if (mac[0] & 1) return false;
    const key = keyOf(vlan, mac);
    const old = this.#entries.get(key);
    if (old?.static) {
      if (old.port !== port) this.statistics.notMoved++;
      return false;
    }
    if (old?.port === port && old.seen === now) return false;
    this.#delete(key);
    this.#put(key, { vlan, mac: old?.mac ?? mac.slice(), port, seen: now, static: false });
    if (old && old.port === port) return false;
    this.statistics[old ? "moved" : "learned"]++;
    this.#shrink();
    this.#changed();
    return true;
  }

  lookup(vlan: number, mac: Uint8Array, now: number): number | undefined {
    const entry = this.#entries.get(keyOf(vlan, mac));
    return entry && !this.#isOld(entry, now) ? entry.port : undefined;
  }

  /** @returns what was there before */
  addStatic(vlan: number, mac: Uint8Array, port: number): MacEntry | undefined {
    const key = keyOf(vlan, mac);
    const old = this.#entries.get(key);
    this.#delete(key);
    this.#put(key, { vlan, mac: mac.slice(), port, seen: 0, static: true });
    this.#shrink();
    this.#changed();
    return old;
  }

  /** undefined: the default. */
  configure(agingSeconds: number | undefined, limit: number | undefined): void {
    this.agingSeconds = agingSeconds ?? DEFAULT_MAC_AGING_SECONDS;
    this.limit = limit ?? DEFAULT_MAC_LIMIT;
    const before = this.#entries.size;
    this.#shrink();
    if (this.#entries.size !== before) this.#changed();
  }

  /** True: it was there. */
  remove(vlan: number, mac: Uint8Array): boolean {
    const removed = this.#delete(keyOf(vlan, mac));
    if (removed) this.#changed();
    return removed;
  }

  /** Forgets learned entries; static ones only when their port is gone. */
  flush(port?: number): void {
    this.#removeWhere((entry) => (port === undefined ? !entry.static : entry.port === port));
  }

  expire(now: number): void {
    this.statistics.expired += this.#removeWhere((entry) => this.#isOld(entry, now));
  }

  /** Seen longest ago first. */
  entries(): MacEntry[] {
    return [...this.#entries.values()];
  }

  #isOld(entry: MacEntry, now: number): boolean {
    return !entry.static && now - entry.seen >= this.agingSeconds * 1000;
  }

  #removeWhere(condition: (entry: MacEntry) => boolean): number {
    const before = this.#entries.size;
    for (const [key, entry] of this.#entries) if (condition(entry)) this.#delete(key);
    if (this.#entries.size !== before) this.#changed();
    return before - this.#entries.size;
  }

  #put(key: string, entry: MacEntry): void {
    this.#entries.set(key, entry);
    if (entry.static) return;
    const keys = this.#byPort.get(entry.port);
    if (keys === undefined) this.#byPort.set(entry.port, new Set([key]));
    else keys.add(key);
  }

  #delete(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    const keys = this.#byPort.get(entry.port);
    if (keys?.delete(key) && keys.size === 0) this.#byPort.delete(entry.port);
    return this.#entries.delete(key);
  }

  #shrink(): void {
    while (this.#entries.size > this.limit) {
      let most: ReadonlySet<string> = new Set();
      for (const keys of this.#byPort.values()) if (keys.size > most.size) most = keys;
      const [oldest] = most;
      if (oldest === undefined) return;
      this.#delete(oldest);
      this.statistics.evicted++;
    }
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** The reply to `ovs-appctl fdb/show`. */
export function formatMacTable(table: MacLearning, now: number): string {
  const lines = table.entries().map(({ vlan, mac, port, seen, static: fixed }) => {
    const name = port === 0xfffe ? "LOCAL" : String(port);
    const age = fixed ? "static" : String(Math.floor((now - seen) / 1000)).padStart(3);
    return `${name.padStart(5)}  ${String(vlan).padStart(4)}  ${formatMac(mac)}  ${age}\n`;
  });
  return ` port  VLAN  MAC                Age\n${lines.join("")}`;
}
