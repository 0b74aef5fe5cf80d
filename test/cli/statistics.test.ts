import { describe, expect, it } from "vitest";
import { type Snapshot, toJson } from "../../src/cli/statistics.ts";
import { prometheusText } from "../../src/cli/statistics-prometheus.ts";
import { statisticsText } from "../../src/cli/statistics-text.ts";
import { table } from "../../src/cli/text-table.ts";

const SNAPSHOT: Snapshot = {
  ports: [
    {
      ofport: 1,
      name: "veth1",
      rxPackets: 12n,
      rxBytes: 1200n,
      rxDropped: 9n,
      rxMissed: 8n,
      rxErrors: 0n,
      txPackets: 9_007_199_254_740_993n,
      txBytes: 900n,
      txDropped: 3n,
      txErrors: 0n,
    },
  ],
  counters: {
    batches: 10n,
    packets: 200n,
    recirculated: 50n,
    cacheHits: 150n,
    megaflowHits: 40n,
    masksProbed: 60n,
    misses: 10n,
    upcalls: 11n,
    executed: 10n,
    segmented: 0n,
    checksumsFinished: 0n,
    cloned: 2n,
    spent: 0n,
    reassembled: 0n,
    offloads: 3n,
    offloaded: 8n,
    offloadsRefused: 1n,
    offloadPackets: 900n,
    connectionsCreated: 7n,
    connectionsExpired: 2n,
    connections: 5n,
    drops: new Map([
      ["action", 4n],
      ["no_port", 0n],
      ["port_down", 3n],
    ]),
  },
  megaflows: 6,
  groups: [{ id: 1, buckets: [{ id: 0, packets: 20n, bytes: 1480n, connections: 20n }] }],
};

describe("the counters as text", () => {
  const text = statisticsText(SNAPSHOT);

  it("give each port a row", () => {
    expect(text.split("\n").slice(0, 2)).toEqual([
      "port  name   rx packets  rx bytes  rx drops  rx errors        tx packets  tx bytes  tx drops  tx errors",
      "   1  veth1          12      1200         9          0  9007199254740993       900         3          0",
    ]);
  });

  it("say how packets were looked up", () => {
    expect(text).toContain("lookups      200 (50 of them recirculated) in 10 batches");
    expect(text).toContain("  cache      150 (75.0 %)");
    expect(text).toContain("  megaflows  40 (20.0 %), 6 installed");
    expect(text).toContain("  missed     10 (5.0 %)");
  });

  it("say what the kernel forwards", () => {
    expect(text).toContain(
      "offload      3 flows with the kernel, 8 given to it, 1 without room, 900 packets forwarded there",
    );
  });

  it("give every drop that happened its sentence, and no other", () => {
    expect(text).toContain("  4  action: The flow's actions drop the packet, or there are none.");
    expect(text).toContain("  3  port_down: The packet was to leave through a port that is down.");
    expect(text).toContain("  8  missed: They came faster than the switch took them");
    expect(text).not.toContain("no_port");
  });

  it("say so when nothing was dropped and nothing looked up", () => {
    const counters = { ...SNAPSHOT.counters, packets: 0n, drops: new Map() };
    const idle = statisticsText({ ...SNAPSHOT, ports: [], counters });
    expect(idle).toContain("no packet was dropped");
    expect(idle).toContain("  cache      150 (-)");
  });
});

describe("the counters as JSON", () => {
  it("are numbers, and strings where a number would lose digits", () => {
    const { ports, counters } = JSON.parse(toJson(SNAPSHOT));
    expect(ports[0]).toMatchObject({ rxPackets: 12, txPackets: "9007199254740993" });
    expect(counters.drops).toEqual({ action: 4, no_port: 0, port_down: 3 });
  });
});

describe("the counters for Prometheus", () => {
  it("carry ports, lookups, drops and buckets with their labels", async () => {
    const lines = (await prometheusText(SNAPSHOT)).split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        "# TYPE megaflow_port_packets_total counter",
        'megaflow_port_packets_total{port="veth1",direction="rx"} 12',
        'megaflow_port_dropped_total{port="veth1",direction="tx"} 3',
        'megaflow_lookups_total{result="cache"} 150',
        'megaflow_dropped_total{reason="port_down"} 3',
        'megaflow_dropped_total{reason="missed"} 8',
        "megaflow_connections 5",
        "megaflow_offloads 3",
        "megaflow_offloaded_packets_total 900",
        "megaflow_megaflows 6",
        'megaflow_bucket_connections_total{group="1",bucket="0"} 20',
      ]),
    );
  });
});

describe("a table", () => {
  it("is as wide as its widest cells, numbers to the right", () => {
    const rows = [
      ["a", "1"],
      ["long name", "200"],
    ];
    expect(table(["name", "n"], rows)).toBe("name         n\na            1\nlong name  200");
  });

  it("without rows is its headings", () => {
    expect(table(["name", "n"], [])).toBe("name  n");
  });
});
