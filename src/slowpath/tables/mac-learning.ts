/**
 * What: which port a station was last seen on, per VLAN: what the NORMAL action forwards by.
 * Invariants: never more than `limit` entries: before a new one comes in, the one seen longest ago on the port that has most of
 *   them goes, so that a port that floods addresses harms itself. Static entries neither age nor move. Listeners hear of every change that could send a packet another way.
 */
import { formatMac } from "../flow/address-text.ts";
import { PortHeap } from "./port-heap.ts";

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
  readonly #fullestPort = new PortHeap();
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
    if (old?.port === port) {
      if (old.seen !== now) this.#refresh(key, old, now);
      return false;
    }
    if (old === undefined) this.#shrink(this.limit - 1);
    // Static ones do not give way.
    if (old === undefined && this.#entries.size >= this.limit) return false;
    this.#delete(key);
    this.#put(key, { vlan, mac: old?.mac ?? mac.slice(), port, seen: now, static: false });
    this.statistics[old ? "moved" : "learned"]++;
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
    this.#shrink(this.limit - 1);
    this.#put(key, { vlan, mac: mac.slice(), port, seen: 0, static: true });
    this.#changed();
    return old;
  }

  /** undefined: the default. */
  configure(agingSeconds: number | undefined, limit: number | undefined): void {
    this.agingSeconds = agingSeconds ?? DEFAULT_MAC_AGING_SECONDS;
    this.limit = limit ?? DEFAULT_MAC_LIMIT;
    const before = this.#entries.size;
    this.#shrink(this.limit);
    if (this.#entries.size !== before) this.#changed();
  }

  /** True: it was there. */
  remove(vlan: number, mac: Uint8Array): boolean {
    const removed = this.#delete(keyOf(vlan, mac));
    if (removed) this.#changed();
    return removed;
  }

  /** Forgets learned entries; static ones only when their port is gone. Gives what is forgotten. */
  flush(port?: number): readonly MacEntry[] {
    const forgotten = this.entries().filter((entry) => (port === undefined ? !entry.static : entry.port === port));
    for (const { vlan, mac } of forgotten) this.#delete(keyOf(vlan, mac));
    if (forgotten.length > 0) this.#changed();
    return forgotten;
  }

  /** Stations of another bridge's port that is gone may have been heard here by way of it. */
  forget(stations: readonly MacEntry[]): void {
    let found = false;
    for (const { vlan, mac } of stations) {
      const key = keyOf(vlan, mac);
      if (this.#entries.get(key)?.static === false) found = this.#delete(key);
    }
    if (found) this.#changed();
  }

  expire(now: number): void {
    const before = this.#entries.size;
    for (const [key, entry] of this.#entries) if (this.#isOld(entry, now)) this.#delete(key);
    if (this.#entries.size !== before) this.#changed();
    this.statistics.expired += before - this.#entries.size;
  }

  /** Seen longest ago first. */
  entries(): MacEntry[] {
    return [...this.#entries.values()];
  }

  #isOld(entry: MacEntry, now: number): boolean {
    return !entry.static && now - entry.seen >= this.agingSeconds * 1000;
  }

  /** Seen again where it was: now it is the last to go. */
  #refresh(key: string, old: MacEntry, now: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { ...old, seen: now });
    const keys = this.#byPort.get(old.port)!;
    keys.delete(key);
    keys.add(key);
  }

  #put(key: string, entry: MacEntry): void {
    this.#entries.set(key, entry);
    if (entry.static) return;
    const keys = this.#byPort.get(entry.port) ?? new Set();
    this.#byPort.set(entry.port, keys.add(key));
    this.#fullestPort.set(entry.port, keys.size);
  }

  #delete(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    const keys = this.#byPort.get(entry.port);
    if (keys?.delete(key)) {
      this.#fullestPort.set(entry.port, keys.size);
      if (keys.size === 0) this.#byPort.delete(entry.port);
    }
    return this.#entries.delete(key);
  }

  /** Until there are no more than so many. */
  #shrink(size: number): void {
    while (this.#entries.size > size) {
      const port = this.#fullestPort.first;
      if (port === undefined) return;
      const [oldest] = this.#byPort.get(port)!;
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
