/** One moment of the switch's counters, as plain data; text, JSON and Prometheus are views of it. */
import type { Counters, PortStatistics } from "../fastpath/datapath.ts";
import type { Daemon } from "./daemon.ts";

export interface Snapshot {
  readonly ports: readonly (PortStatistics & { readonly ofport: number; readonly name: string })[];
  readonly counters: Counters;
  readonly megaflows: number;
  readonly groups: readonly GroupCounters[];
}

export interface GroupCounters {
  readonly id: number;
  readonly buckets: readonly BucketCounters[];
}

export interface BucketCounters {
  readonly id: number;
  readonly packets: bigint;
  readonly bytes: bigint;
  readonly connections: bigint;
}

export function snapshot(daemon: Daemon): Snapshot {
  const { datapath } = daemon.switch;
  return {
    ports: daemon.bridge.ports().flatMap((port) => {
      const statistics = daemon.switch.ports.statistics(port);
      return statistics === undefined ? [] : [{ ...statistics, ofport: port.number, name: port.name }];
    }),
    counters: datapath.counters(),
    megaflows: daemon.switch.megaflows.size,
    groups: groupCounters(daemon),
  };
}

/** Frames that the kernel had no room for before a port: no reason of the fast path's, which never saw them. */
export function missedFrames({ ports }: Pick<Snapshot, "ports">): bigint {
  return ports.reduce((sum, { rxMissed }) => sum + rxMissed, 0n);
}

/** What the fast path counted for select groups, and the slow path for the others. */
export function groupCounters(daemon: Daemon): GroupCounters[] {
  const { datapath } = daemon.switch;
  return daemon.bridge.tables.groups.all().map(({ id, buckets }) => ({
    id,
    buckets: buckets.map((bucket) => {
      const { packets, bytes, connections } =
        bucket.counters === 0 ? NOTHING : datapath.bucketCounters(bucket.counters);
      const { statistics } = bucket;
      return { id: bucket.id, packets: packets + statistics.packets, bytes: bytes + statistics.bytes, connections };
    }),
  }));
}

const NOTHING = { packets: 0n, bytes: 0n, connections: 0n };

/** Counters as JSON: numbers, and strings beyond 2^53. */
export function toJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, item: unknown) => {
      if (typeof item === "bigint") return item <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(item) : String(item);
      return item instanceof Map ? Object.fromEntries(item) : item;
    },
    2,
  );
}
