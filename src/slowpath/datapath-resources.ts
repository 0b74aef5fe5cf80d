/**
 * What groups and meters own in the datapath: counter records of select buckets, token buckets of meters.
 *
 * Invariants: a bucket has its counter record from the commit that makes it to the barrier after the commit that drops it;
 *   0 when the arena was full: then it is not counted.
 */
import { type Datapath, DatapathFullError } from "../fastpath/datapath.ts";
import type { SwitchBridge } from "./switch-bridge.ts";
import type { Bucket } from "./tables/rule.ts";

export class DatapathResources {
  readonly #datapath: Datapath;
  /** By "bridge group". */
  readonly #buckets = new Map<string, ReadonlySet<Bucket>>();
  /** Index in the datapath by "bridge meter". */
  readonly #meters = new Map<string, number>();

  constructor(datapath: Datapath) {
    this.#datapath = datapath;
  }

  /** To be called after a commit, before megaflows are re-translated. */
  settleGroups(bridge: SwitchBridge, groups: Iterable<number>): void {
    const dropped: number[] = [];
    for (const id of groups) {
      const key = `${bridge.name} ${id}`;
      const group = bridge.group(id);
      const current: ReadonlySet<Bucket> = new Set(group?.type === "select" ? group.buckets : []);
      for (const bucket of current) {
        if (bucket.counters === 0) bucket.counters = this.#countersOrNone();
      }
      for (const { counters } of missing(this.#buckets.get(key), current)) if (counters !== 0) dropped.push(counters);
      if (current.size > 0) this.#buckets.set(key, current);
      else this.#buckets.delete(key);
    }
    if (dropped.length > 0) setImmediate(() => void this.#free(dropped));
  }

  settleMeters(bridge: SwitchBridge, meters: Iterable<number>): void {
    for (const id of meters) {
      const key = `${bridge.name} ${id}`;
      const meter = bridge.meter(id);
      const old = this.#meters.get(key);
      if (meter !== undefined) {
        this.#datapath.setMeter(meter.datapathIndex, meter);
        this.#meters.set(key, meter.datapathIndex);
      } else if (old !== undefined) {
        this.#datapath.deleteMeter(old);
        this.#meters.delete(key);
      }
    }
  }

  /** A change is not refused for want of counters. */
  #countersOrNone(): number {
    try {
      return this.#datapath.allocateBucketCounters();
    } catch (error) {
      if (!(error instanceof DatapathFullError)) throw error;
      return 0;
    }
  }

  /** By then the megaflows that counted there are re-translated; after the barrier no packet counts there any more. */
  async #free(counters: readonly number[]): Promise<void> {
    await this.#datapath.barrier();
    for (const address of counters) this.#datapath.freeBucketCounters(address);
  }
}

/** Those of `before` that are not in `after`. */
function missing(before: ReadonlySet<Bucket> | undefined, after: ReadonlySet<Bucket>): Bucket[] {
  return [...(before ?? [])].filter((bucket) => !after.has(bucket));
}
