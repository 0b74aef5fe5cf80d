import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { XDP_RECEIVE_CHUNKS } from "../../assembly/layout/xdp.ts";
import type { PortSpec } from "../../src/fastpath/datapath.ts";
import { KernelPorts } from "../../src/fastpath/kernel-ports.ts";
import { createMemory } from "../../src/fastpath/module.ts";
import { addAddress, setLink } from "../../src/kernel/link.ts";
import { Readiness } from "../../src/kernel/readiness.ts";
import { addNamespace, ip, removeNamespaces, runInNamespace } from "../../src/lab/namespaces.ts";
import { type Host, type HostOptions, run, serve, withHosts } from "./support/with-hosts.ts";

const PORT = 5002;
const NO_IPV6 = "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6";
let count = 0;

async function sendBurst(from: Pick<Host, "namespace">, address: string, datagrams: number, ...sizes: number[]) {
  const words = ["send", address, PORT, datagrams, sizes.join(",")];
  return (JSON.parse(await run(from, "udp-burst.ts", ...words)) as { sent: number }).sent;
}

/** A host at a port that no worker serves: what it sends fills the kernel's ring or queue. */
async function withUnservedPort(
  kind: HostOptions["ports"],
  body: (host: Pick<Host, "namespace">, statistics: KernelPorts["statistics"]) => Promise<void>,
): Promise<void> {
  const device = `md${process.pid}x${++count}`;
  const namespace = `${device}-host`;
  const readiness = new Readiness(1);
  const ports = new KernelPorts(createMemory(1), readiness, async () => {});
  await addNamespace(namespace);
  try {
    await runInNamespace(namespace, ["sh", "-c", NO_IPV6]);
    let spec: PortSpec = { kind: "tap", name: device, namespace };
    if (kind !== "tap") {
      await ip("link", "add", device, "type", "veth", "peer", "name", device, "netns", namespace);
      setLink(device, { up: true });
      spec = { kind: "system", name: device, io: kind === "af_xdp" ? kind : "packet" };
    }
    ports.add(spec, 1);
    addAddress(device, Uint8Array.of(10, 7, 0, 1), 24, namespace);
    setLink(device, { up: true }, namespace);
    await ip("-n", namespace, "neigh", "add", "10.7.0.2", "lladdr", "02:00:00:00:00:02", "dev", device);
    await body({ namespace }, (number) => ports.statistics(number));
  } finally {
    await ports.close();
    readiness.close();
    await removeNamespaces([namespace]);
  }
}

describe("frames that come while nobody takes them", () => {
  it.each([
    ["tap", 4096],
    ["veth", 4096],
    ["af_xdp", XDP_RECEIVE_CHUNKS],
  ] as const)("wait as long as there is room, the others are counted one by one (%s: %i)", async (kind, room) => {
    await withUnservedPort(kind, async (host, statistics) => {
      const sent = await sendBurst(host, "10.7.0.2", 1000, 18);
      expect(sent).toBe(1000);
      expect(statistics(1)).toMatchObject({ rxDropped: 0n, rxMissed: 0n });
      const others = await sendBurst(host, "10.7.0.2", 6000, 18);
      const missed = BigInt(sent + others - room);
      expect(statistics(1)).toMatchObject({ rxDropped: missed, rxMissed: missed });
      expect(statistics(1).rxMissed).toBe(missed); // and are not forgotten or counted again by asking
    });
  });
});

describe("frames that the far end of a port does not take", () => {
  it.each(["veth", "af_xdp"] as const)("are counted one by one, and no other with them (%s)", async (ports) => {
    await withHosts([{ ports: "tap" }, { ports }], async ({ datapath, hosts }) => {
      for (const { namespace } of hosts) await runInNamespace(namespace, ["sh", "-c", NO_IPV6]);
      const [first, second] = hosts;
      const server = await serve(second, "udp-burst.ts", "count", PORT);
      expect(await sendBurst(first, second.address, 1, 100)).toBe(1); // neighbours know each other
      await vi.waitFor(() => expect(datapath.portStatistics(second.number).txPackets).toBeGreaterThan(1n));
      setLink(second.device, { mtu: 600 }, second.namespace);
      const before = datapath.portStatistics(second.number);
      expect(await sendBurst(first, second.address, 400, 1400, 100)).toBe(400);
      await vi.waitFor(() => {
        const { txPackets, txBytes, txDropped, txErrors } = datapath.portStatistics(second.number);
        expect({
          packets: txPackets - before.txPackets,
          bytes: txBytes - before.txBytes,
          dropped: txDropped - before.txDropped,
          errors: txErrors - before.txErrors,
        }).toEqual({ packets: 200n, bytes: 200n * 142n, dropped: 200n, errors: 0n });
      });
      await server.stop();
      expect(JSON.parse(await server.output)).toEqual({ arrived: 201 });
    });
  });
});

describe("a flood of datagrams, more than anybody can take", () => {
  it.each([
    ["tap", "tap"],
    ["veth", "veth"],
    ["af_xdp", "af_xdp"],
    ["veth", "tap"],
    ["tap", "af_xdp"],
  ] as const)("from %s to %s: each is received, or counted where it was lost", async (left, right) => {
    await withHosts([{ ports: left }, { ports: right }], async ({ datapath, hosts }) => {
      for (const { namespace } of hosts) await runInNamespace(namespace, ["sh", "-c", NO_IPV6]);
      const [first, second] = hosts;
      const server = await serve(second, "udp-burst.ts", "count", PORT);
      let sent = await sendBurst(first, second.address, 1, 18);
      await vi.waitFor(async () => expect(await received(second)).toBe(1));
      sent += await sendBurst(first, second.address, 60_000, 18);
      const lost = async () => ({
        // A TAP's queue is the port's own; a veth's way to the switch is not.
        "on the way to the switch": left === "tap" ? 0 : await transmitDrops(first),
        "before the switch": Number(datapath.portStatistics(1).rxMissed),
        "in the switch": [...datapath.counters().drops.values()].reduce((sum, drops) => sum + Number(drops), 0),
        "at the socket": await socketDrops(second),
      });
      const account = await settled(async () => ({ received: await received(second), ...(await lost()) }));
      await server.stop();
      expect({ ...account, sum: Object.values(account).reduce((sum, part) => sum + part) }).toEqual({
        ...account,
        sum: sent,
      });
    });
  });
});

/** Datagrams that the host's sockets have received. */
async function received({ namespace }: Host): Promise<number> {
  return (await udpCounters(namespace)).InDatagrams;
}

async function socketDrops({ namespace }: Host): Promise<number> {
  const { InErrors, NoPorts } = await udpCounters(namespace);
  return InErrors + NoPorts;
}

async function udpCounters(namespace: string): Promise<Record<string, number>> {
  const lines = (await runInNamespace(namespace, ["cat", "/proc/net/snmp"])).split("\n");
  const [names, values] = lines.filter((line) => line.startsWith("Udp:")).map((line) => line.split(" ").slice(1));
  return Object.fromEntries(names.map((name, i) => [name, Number(values[i])]));
}

async function transmitDrops({ namespace, device }: Host): Promise<number> {
  const [link] = JSON.parse(await ip("-n", namespace, "-s", "-j", "link", "show", "dev", device));
  return link.stats64.tx.dropped;
}

/** What a moment says when the next one says the same. */
async function settled<T>(look: () => Promise<T>): Promise<T> {
  for (let last = await look(); ; ) {
    await delay(300);
    const now = await look();
    if (JSON.stringify(now) === JSON.stringify(last)) return now;
    last = now;
  }
}
