import { describe, expect, it, vi } from "vitest";
import { runInNamespace, tryInNamespace } from "../../src/lab/namespaces.ts";
import { exchange, transfer } from "./support/with-hosts.ts";
import { type Chassis, withTunnel } from "./support/with-tunnel.ts";

const MIB = 1 << 20;
const WAIT = { timeout: 10_000 };
/** Fits what the real one reads from: a packet socket of 208 KiB (net.core.rmem_default), which counts 2304 bytes for one. */
const OVS_IN_FLIGHT = 64;

/** How many of three echo requests with `size` bytes of data came back; `whole`: they must not be cut on the way. */
async function ping(from: Chassis, to: Chassis, size: number, whole = true): Promise<number> {
  const words = ["ping", "-c", "3", "-i", "0.1", "-W", "1", "-s", String(size), "-M", whole ? "do" : "dont"];
  const { stdout } = await tryInNamespace(from.host.namespace, [...words, to.host.address]);
  return Number(/(\d+) received/.exec(stdout)![1]);
}

/** Both switches forward, and every neighbor is known. */
async function meet(a: Chassis, b: Chassis): Promise<void> {
  await vi.waitFor(async () => {
    if ((await ping(a, b, 56)) === 0) throw new Error("no echo");
  }, WAIT);
}

async function expectTransfer(from: Chassis, to: Chassis, size: number): Promise<void> {
  const started = performance.now();
  const [sent, received] = await transfer(from.host, to.host, size);
  const rate = (size * 8) / (performance.now() - started) / 1e6;
  console.log(`${(size / MIB).toFixed(0)} MiB from ${from.namespace} to ${to.namespace}: ${rate.toFixed(2)} Gbit/s`);
  expect(received).toBe(sent);
  expect(received).toHaveLength(64);
}

describe.each([
  { kind: "geneve", family: 4, csum: "true", size: 256 * MIB },
  { kind: "geneve", family: 6, csum: "true", size: 128 * MIB },
  { kind: "vxlan", family: 4, csum: "false", size: 64 * MIB },
  { kind: "vxlan", family: 6, csum: "true", size: 64 * MIB },
] as const)("two switches, $kind over IPv$family, csum=$csum", ({ kind, family, csum, size }) => {
  it("carry echo, TCP and UDP both ways, unchanged", async () => {
    await withTunnel({ kind, family, underlay: 1700, options: { csum } }, async ({ chassis: [a, b] }) => {
      await meet(a, b);
      for (const bytes of [0, 56, 1472]) {
        expect(await ping(a, b, bytes)).toBe(3);
        expect(await ping(b, a, bytes)).toBe(3);
      }
      await expectTransfer(a, b, size);
      await expectTransfer(b, a, size);
      for (const bytes of [10, 1200, 5000]) {
        expect(await exchange(a.host, b.host, 400, bytes)).toEqual({ sent: 400, returned: 400, damaged: 0 });
      }
      for (const one of [a, b]) expect((await one.report()).tunnel.txErrors).toBe(0);
    });
  });
});

describe("packets that are longer in the tunnel than the underlay's MTU", () => {
  it("are dropped with a reason where they may not be cut (df_default)", async () => {
    await withTunnel({ underlay: 1500, hosts: 1500 }, async ({ chassis: [a, b] }) => {
      await meet(a, b);
      expect(await ping(a, b, 1400)).toBe(3);
      const before = (await a.report()).drops.too_long ?? 0;
      expect(await ping(a, b, 1472)).toBe(0);
      const { drops, tunnel } = await a.report();
      expect(drops.too_long - before).toBe(3);
      expect(tunnel.txErrors).toBeGreaterThanOrEqual(3);
    });
  });

  it("are cut by the kernel and put together again where they may be", async () => {
    const options = { df_default: "false" };
    await withTunnel({ underlay: 1500, hosts: 1500, options }, async ({ chassis: [a, b] }) => {
      await meet(a, b);
      expect(await ping(a, b, 1472)).toBe(3);
      await expectTransfer(a, b, 16 * MIB);
      expect((await a.report()).tunnel.txErrors).toBe(0);
    });
  });
});

describe("an underlay without checksum offload", () => {
  it("carries TCP all the same", async () => {
    await withTunnel({}, async ({ chassis: [a, b] }) => {
      for (const { namespace } of [a, b]) await runInNamespace(namespace, ["ethtool", "-K", "eth1", "tx", "off"]);
      await meet(a, b);
      await expectTransfer(a, b, 64 * MIB);
      await expectTransfer(b, a, 64 * MIB);
    });
  });
});

describe("an underlay that is a port of a bridge of ours, with the host's address on that bridge", () => {
  it("carries the tunnel through our own datapath", async () => {
    await withTunnel({ bridged: true }, async ({ chassis: [a, b] }) => {
      await meet(a, b);
      await expectTransfer(a, b, 64 * MIB);
      await expectTransfer(b, a, 64 * MIB);
    });
  });
});

describe("a switch whose other end", () => {
  it("is killed goes on, and the tunnel works again when the other end does", async () => {
    await withTunnel({}, async ({ chassis: [a, b] }) => {
      await meet(a, b);
      await b.kill();
      expect(await ping(a, b, 56)).toBe(0);
      expect((await a.report()).tunnel.txPackets).toBeGreaterThan(0);
      await b.start();
      await meet(a, b);
      await expectTransfer(a, b, 16 * MIB);
    });
  });
});

describe.each([
  ["ours", "ovs"],
  ["ovs", "ours"],
] as const)("%s and %s", (...switches) => {
  it.each(["geneve", "vxlan"] as const)("understand each other's %s", async (kind) => {
    await withTunnel({ kind, switches }, async ({ chassis: [a, b] }) => {
      await meet(a, b);
      for (const bytes of [0, 1400]) {
        expect(await ping(a, b, bytes)).toBe(3);
        expect(await ping(b, a, bytes)).toBe(3);
      }
      await expectTransfer(a, b, 32 * MIB);
      await expectTransfer(b, a, 32 * MIB);
      const exchanged = await exchange(a.host, b.host, 300, 1200, { inFlight: OVS_IN_FLIGHT });
      expect(exchanged).toEqual({ sent: 300, returned: 300, damaged: 0 });
    });
  });
});
