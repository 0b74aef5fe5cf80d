/** The counters for Prometheus, in its text format. */
import { Counter, Gauge, Registry } from "prom-client";
import { missedFrames, type Snapshot } from "./statistics.ts";

/** A registry per call: the switch's own counters are the truth, nothing is counted twice. */
export async function prometheusText({ ports, counters, megaflows, groups }: Snapshot): Promise<string> {
  const registry = new Registry();
  const registers = [registry];

  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `megaflow_${name}`, help, labelNames, registers });
  const gauge = (name: string, help: string, value: number | bigint) =>
    new Gauge({ name: `megaflow_${name}`, help, registers }).set(Number(value));

  const packets = counter("port_packets_total", "Packets through a port", ["port", "direction"]);
  const bytes = counter("port_bytes_total", "Bytes through a port", ["port", "direction"]);
  const dropped = counter("port_dropped_total", "Packets a port dropped", ["port", "direction"]);
  const errors = counter("port_errors_total", "Errors of a port", ["port", "direction"]);
  for (const port of ports) {
    for (const direction of ["rx", "tx"] as const) {
      const labels = { port: port.name, direction };
      packets.inc(labels, Number(port[`${direction}Packets`]));
      bytes.inc(labels, Number(port[`${direction}Bytes`]));
      dropped.inc(labels, Number(port[`${direction}Dropped`]));
      errors.inc(labels, Number(port[`${direction}Errors`]));
    }
  }

  const lookups = counter("lookups_total", "Lookups by where the packet was found", ["result"]);
  lookups.inc({ result: "cache" }, Number(counters.cacheHits));
  lookups.inc({ result: "megaflow" }, Number(counters.megaflowHits));
  lookups.inc({ result: "miss" }, Number(counters.misses));
  counter("recirculated_total", "Packets looked up again").inc(Number(counters.recirculated));
  counter("upcalls_total", "Packets that went to the slow path").inc(Number(counters.upcalls));
  counter("connections_created_total", "Connections tracked since the start").inc(Number(counters.connectionsCreated));
  gauge("connections", "Connections tracked now", counters.connections);
  counter("offloaded_packets_total", "Packets the kernel forwarded").inc(Number(counters.offloadPackets));
  counter("offloaded_flows_total", "Flows given to the kernel").inc(Number(counters.offloaded));
  gauge("offloads", "Flows that the kernel forwards now", counters.offloads);
  gauge("megaflows", "Megaflows installed now", megaflows);

  const drops = counter("dropped_total", "Packets dropped by the switch, by reason", ["reason"]);
  for (const [reason, count] of counters.drops) drops.inc({ reason }, Number(count));
  drops.inc({ reason: "missed" }, Number(missedFrames({ ports })));

  const bucketPackets = counter("bucket_packets_total", "Packets that chose a bucket", ["group", "bucket"]);
  const bucketBytes = counter("bucket_bytes_total", "Bytes that chose a bucket", ["group", "bucket"]);
  const bucketConnections = counter("bucket_connections_total", "Connections that chose a bucket", ["group", "bucket"]);
  for (const group of groups) {
    for (const bucket of group.buckets) {
      const labels = { group: String(group.id), bucket: String(bucket.id) };
      bucketPackets.inc(labels, Number(bucket.packets));
      bucketBytes.inc(labels, Number(bucket.bytes));
      bucketConnections.inc(labels, Number(bucket.connections));
    }
  }
  return (await registry.metrics()).trimEnd();
}
