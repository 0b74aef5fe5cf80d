import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { KEY_IN_PORT, KEY_NW_SRC, KEY_SIZE } from "../../assembly/layout/key.ts";
import type { MegaflowHandle } from "../../src/fastpath/datapath.ts";
import type { WorkerDatapath } from "../../src/fastpath/worker-datapath.ts";
import { addAddress, deleteLink, findLink, setLink } from "../../src/kernel/link.ts";
import { addNamespace, ip, removeNamespaces, runInNamespace } from "../../src/lab/namespaces.ts";
import { runProgram } from "../../src/lab/run-program.ts";
import { exchange, LINK, type Network, output, transfer, withHosts } from "./support/with-hosts.ts";

const MIB = 1 << 20;

function expectNoLoss({ datapath, hosts }: Network): void {
  for (const { number } of hosts) {
    const { rxErrors, rxDropped, txErrors, txDropped } = datapath.portStatistics(number);
    expect({ number, rxErrors, rxDropped, txErrors, txDropped }).toEqual({
      number,
      rxErrors: 0n,
      rxDropped: 0n,
      txErrors: 0n,
      txDropped: 0n,
    });
  }
}

/** Mean length of the frames that the switch received at a port. */
function meanFrame(datapath: WorkerDatapath, number: number): number {
  const { rxBytes, rxPackets } = datapath.portStatistics(number);
  return Number(rxBytes) / Number(rxPackets);
}

describe.each([
  ["tap", "tap"],
  ["veth", "veth"],
  ["tap", "veth"],
] as const)("TCP between %s and %s", (left, right) => {
  it.each([
    { offloads: true, mtu: 1500, size: 128 * MIB },
    { offloads: true, mtu: 9000, size: 128 * MIB },
    { offloads: false, mtu: 1500, size: 48 * MIB },
    { offloads: false, mtu: 9000, size: 48 * MIB },
  ])("arrives intact both ways: offloads $offloads, MTU $mtu", async ({ offloads, mtu, size }) => {
    await withHosts(
      [
        { ports: left, offloads, mtu },
        { ports: right, offloads, mtu },
      ],
      async (network) => {
        const [first, second] = network.hosts;
        for (const [from, to] of [
          [first, second],
          [second, first],
        ]) {
          const [sent, received] = await transfer(from, to, size);
          expect(received).toBe(sent);
          expect(received).toHaveLength(64);
        }
        // Super-packets travel whole where offloads are on, and only there. Half of the frames acknowledge.
        const mean = meanFrame(network.datapath, 1);
        if (offloads) expect(mean).toBeGreaterThan(mtu);
        else expect(mean).toBeLessThanOrEqual(mtu + 14);
        expectNoLoss(network);
      },
    );
  });
});

describe("TCP through AF_XDP", () => {
  it.each([
    ["af_xdp", "af_xdp", true],
    ["af_xdp", "af_xdp", false],
    ["af_xdp", "veth", true],
    ["tap", "af_xdp", true],
  ] as const)(
    "between %s and %s arrives intact both ways (offloads of the hosts: %s)",
    async (left, right, offloads) => {
      await withHosts(
        [
          { ports: left, offloads },
          { ports: right, offloads },
        ],
        async (network) => {
          const [first, second] = network.hosts;
          for (const [from, to] of [
            [first, second],
            [second, first],
          ]) {
            const [sent, received] = await transfer(from, to, 48 * MIB);
            expect(received).toBe(sent);
            expect(received).toHaveLength(64);
          }
          expectNoLoss(network);
        },
      );
    },
  );
});

describe("AF_XDP that would lose frames", () => {
  it("is refused with a reason, and a packet socket does it", async () => {
    await withHosts([{ ports: "tap" }, { ports: "tap" }], async ({ datapath }) => {
      const name = `mx${process.pid}`;
      await ip("link", "add", name, "mtu", "9000", "type", "veth", "peer", `${name}p`);
      try {
        const status = await datapath.addPort({ kind: "system", name, io: "af_xdp" }, 7);
        expect(status).toMatchObject({ io: "packet", refused: `the MTU of ${name} is 9000: AF_XDP takes up to 1774` });
      } finally {
        deleteLink(name);
      }
    });
  });
});

describe("super-packets for a port without offloads", () => {
  it.each(["tap", "veth"] as const)("are segmented and summed in software (%s)", async (ports) => {
    await withHosts([{ ports: "tap" }, { ports, offloads: false }], async (network) => {
      const [first, second] = network.hosts;
      const [sent, received] = await transfer(first, second, 48 * MIB);
      expect(received).toBe(sent);
      const { segmented, checksumsFinished } = network.datapath.counters();
      expect(segmented).toBeGreaterThan(100n);
      expect(checksumsFinished).toBeGreaterThan(segmented);
      expect(network.datapath.portStatistics(2).txErrors).toBe(0n);
    });
  });
});

describe("datagrams", () => {
  it.each([
    ["tap", "veth", 18],
    ["veth", "tap", 1400],
    ["veth", "veth", 1472],
    ["af_xdp", "af_xdp", 18],
    ["af_xdp", "tap", 1472],
  ] as const)("between %s and %s of %i bytes all come back", async (left, right, size) => {
    await withHosts([{ ports: left }, { ports: right }], async (network) => {
      const [first, second] = network.hosts;
      expect(await exchange(first, second, 20_000, size)).toEqual({ sent: 20_000, returned: 20_000, damaged: 0 });
      expectNoLoss(network);
    });
  });
});

describe("a port whose device goes away under traffic", () => {
  it.each([
    ["a TAP device", "tap", ({ hosts: [first] }: Network) => deleteLink(first.device, first.namespace)],
    ["a veth", "veth", ({ hosts: [first] }: Network) => deleteLink(first.device)],
    ["a veth with AF_XDP", "af_xdp", ({ hosts: [first] }: Network) => deleteLink(first.device)],
    ["the namespace of a TAP device", "tap", ({ hosts: [first] }: Network) => removeNamespaces([first.namespace])],
    ["the namespace of a veth", "veth", ({ hosts: [first] }: Network) => removeNamespaces([first.namespace])],
    [
      "the namespace of a veth with AF_XDP",
      "af_xdp",
      ({ hosts: [first] }: Network) => removeNamespaces([first.namespace]),
    ],
  ] as const)("%s: one event, the others go on", async (_, ports, destroy) => {
    await withHosts([{ ports }, { ports: "tap" }, { ports: "tap" }, { ports: "veth" }], async (network) => {
      const [first, second, third, fourth] = network.hosts;
      const flood = runInNamespace(second.namespace, [
        "ping",
        "-q",
        "-f",
        "-c",
        "100000",
        "-w",
        "2",
        first.address,
      ]).catch(() => "lost");
      const destroyThem = async () => {
        await destroy(network);
        await vi.waitFor(() => expect(network.changes.length).toBeGreaterThan(0));
      };
      const result = await exchange(third, fourth, 20_000, 200, { meanwhile: destroyThem });
      expect(result).toEqual({ sent: 20_000, returned: 20_000, damaged: 0 });
      await flood;
      const mine = network.changes.filter(({ port }) => port.number === first.number);
      expect(mine).toMatchObject([{ event: "gone", port: { name: first.device, up: false } }]);
      expect(network.changes.filter(({ port }) => port.number !== first.number)).toEqual([]);
    });
  });

  it("can be removed, and its number used again", async () => {
    await withHosts([{ ports: "tap" }, { ports: "tap" }], async ({ datapath, hosts: [first, second], changes }) => {
      deleteLink(first.device, first.namespace);
      await vi.waitFor(() => expect(changes.map(({ event }) => event)).toEqual(["gone"]));
      await datapath.removePort(first.number);
      const { device, namespace } = first;
      await datapath.addPort({ kind: "tap", name: device, namespace }, first.number);
      addAddress(device, Uint8Array.of(10, 7, 0, 1), 24, namespace);
      setLink(device, { up: true }, namespace);
      expect(await exchange(first, second, 100, 100)).toEqual({ sent: 100, returned: 100, damaged: 0 });
    });
  });
});

describe("a namespace", () => {
  it("that takes the place of a deleted one keeps its port, though the kernel gives it the old one's id", async () => {
    await withHosts([{ ports: "tap" }, { ports: "tap" }], async ({ datapath, hosts: [{ namespace }], changes }) => {
      const home = `${namespace}-home`;
      try {
        await addNamespace(home);
        const { number } = await datapath.addPort({ kind: "tap", name: "tap9", namespace: home });
        await datapath.removePort(number);
        // Nothing of this thread runs meanwhile: the news of the old one's end is still to be read.
        execFileSync("ip", ["netns", "delete", home]);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
        execFileSync("ip", ["netns", "add", home]);
        await datapath.addPort({ kind: "tap", name: "tap9", namespace: home });
        setLink("tap9", { up: true }, home);
        await vi.waitFor(() => expect(changes.map(({ event }) => event)).toContain("up"), LINK);
        expect(changes.map(({ event }) => event)).toEqual(["up"]);
      } finally {
        await removeNamespaces([home]);
      }
    });
  });
});

describe("a link", () => {
  it.each(["tap", "veth", "af_xdp"] as const)(
    "of a %s that goes down and up says so and works again",
    async (ports) => {
      await withHosts([{ ports }, { ports: "tap" }], async ({ datapath, hosts: [first, second], changes }) => {
        setLink(first.device, { up: false }, first.namespace);
        await vi.waitFor(() => expect(changes.map(({ event }) => event)).toEqual(["down"]), LINK);
        expect(datapath.ports()[0]).toMatchObject({ number: 1, up: false });
        setLink(first.device, { up: true }, first.namespace);
        await vi.waitFor(() => expect(changes.map(({ event }) => event)).toEqual(["down", "up"]), LINK);
        expect(await exchange(first, second, 1000, 100)).toEqual({ sent: 1000, returned: 1000, damaged: 0 });
      });
    },
  );

  it("that moves to another namespace stays a TAP port's", async () => {
    await withHosts([{ ports: "tap" }, { ports: "tap" }], async ({ datapath, hosts: [first, second], changes }) => {
      const elsewhere = `${first.namespace}-moved`;
      await addNamespace(elsewhere);
      try {
        setLink(first.device, { namespace: elsewhere }, first.namespace);
        addAddress(first.device, Uint8Array.of(10, 7, 0, 1), 24, elsewhere);
        setLink(first.device, { up: true }, elsewhere);
        await vi.waitFor(() => expect(datapath.ports()[0].up).toBe(true));
        const moved = { ...first, namespace: elsewhere };
        expect(await exchange(moved, second, 1000, 100)).toEqual({ sent: 1000, returned: 1000, damaged: 0 });
        expect(changes.filter(({ event }) => event === "gone")).toEqual([]);
      } finally {
        await removeNamespaces([elsewhere]);
      }
    });
  });

  it("whose MTU changes lets longer frames through", async () => {
    await withHosts([{ ports: "veth" }, { ports: "veth" }], async ({ datapath, hosts }) => {
      for (const { device, namespace } of hosts) {
        setLink(device, { mtu: 4000 });
        setLink(device, { mtu: 4000 }, namespace);
      }
      await vi.waitFor(() => expect(datapath.ports().map(({ mtu }) => mtu)).toEqual([4000, 4000]));
      expect(await exchange(hosts[0], hosts[1], 200, 3900)).toEqual({ sent: 200, returned: 200, damaged: 0 });
    });
  });
});

describe("table changes", () => {
  it("1000 a second lose no packet of a flow that they do not touch", async () => {
    await withHosts([{ ports: "tap" }, { ports: "veth" }], async (network) => {
      const { datapath, hosts } = network;
      let done = false;
      let changed = 0;
      const churn = async (): Promise<void> => {
        const flows: MegaflowHandle[] = [];
        const start = performance.now();
        while (!done) {
          for (; changed < performance.now() - start; changed++) {
            flows.push(otherFlow(datapath, changed));
            if (flows.length > 500) datapath.removeFlow(flows.shift()!);
          }
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      };
      const churning = churn();
      const result = await exchange(hosts[0], hosts[1], 60_000, 100);
      done = true;
      await churning;
      await datapath.barrier();
      expect(result).toEqual({ sent: 60_000, returned: 60_000, damaged: 0 });
      expect(changed).toBeGreaterThan(500);
      expectNoLoss(network);
    });
  });
});

/** A megaflow for packets that nobody sends, under one of seven masks. */
function otherFlow(datapath: WorkerDatapath, number: number): MegaflowHandle {
  const key = new Uint8Array(KEY_SIZE);
  const mask = new Uint8Array(KEY_SIZE);
  const view = new DataView(key.buffer);
  view.setUint32(KEY_IN_PORT, 900);
  view.setUint32(KEY_NW_SRC, number);
  mask.fill(0xff, KEY_IN_PORT, KEY_IN_PORT + 4);
  mask.fill(0xff, KEY_NW_SRC, KEY_NW_SRC + 4);
  mask[KEY_NW_SRC + 8 + (number % 7)] = 0xff;
  return datapath.putFlow(key, mask, [{ type: "output", port: number % 3 }]);
}

describe("a datapath", () => {
  const descriptors = (): number => readdirSync("/proc/self/fd").length;
  const ringMappings = (): string[] =>
    readFileSync("/proc/self/maps", "utf8")
      .split("\n")
      .filter((line) => line.includes("socket:"));

  it("that is closed leaves no device, descriptor or mapping behind", async () => {
    await withHosts([{ ports: "tap" }, { ports: "veth" }], async () => {}); // what is opened once a process is open now
    const before = descriptors();
    let device = "";
    await withHosts([{ ports: "tap" }, { ports: "veth" }], async ({ hosts, datapath }) => {
      await datapath.addPort({ kind: "tap", name: `${hosts[0].device}i` }, 9);
      device = `${hosts[0].device}i`;
      expect(findLink(device)).toBeDefined();
      expect(ringMappings()).not.toEqual([]);
    });
    expect(findLink(device)).toBeUndefined();
    expect(ringMappings()).toEqual([]);
    expect(descriptors()).toBe(before);
  });

  it("refuses ports that cannot be, and goes on", async () => {
    await withHosts([{ ports: "tap" }, { ports: "veth" }], async ({ datapath, hosts: [first, second] }) => {
      const { device } = second;
      await expect(datapath.addPort({ kind: "system", name: "no-such-device" })).rejects.toThrow(
        "interface no-such-device: ENODEV (no such interface in this network namespace)",
      );
      await expect(datapath.addPort({ kind: "tap", name: device })).rejects.toThrow(`TUNSETIFF of ${device}`);
      await expect(datapath.addPort({ kind: "tap", name: "a-name-that-is-too-long" })).rejects.toThrow("1 to 15 bytes");
      await expect(datapath.addPort({ kind: "tap", name: "x", namespace: "no-such-namespace" })).rejects.toThrow(
        "ENOENT",
      );
      await expect(datapath.addPort({ kind: "system", name: device }, 1)).rejects.toThrow("port number 1 is taken by");
      expect(findLink("x")).toBeUndefined();
      output(datapath, 1, 2, 77);
      await datapath.barrier();
      expect(await exchange(first, second, 100, 100)).toEqual({ sent: 100, returned: 100, damaged: 0 });
    });
  });

  it("delivers misses with their frames", async () => {
    await withHosts([{ ports: "tap" }, { ports: "veth" }], async ({ datapath, hosts: [first] }) => {
      const seen: string[] = [];
      const probe = `${first.device}q`;
      const { number, mac } = await datapath.addPort({ kind: "tap", name: probe, mtu: 1400 });
      datapath.onUpcalls((upcalls) => {
        for (const upcall of upcalls) {
          if (upcall.inPort === number) seen.push(Buffer.from(upcall.frame.subarray(6, 12)).toString("hex"));
        }
      });
      setLink(probe, { up: true }); // the kernel announces itself: IPv6 neighbour discovery
      await vi.waitFor(() => expect(seen.length).toBeGreaterThan(0), { timeout: 5000 });
      expect(seen[0]).toBe(mac!.replaceAll(":", ""));
    });
  });

  it("that is idle takes less than 1 % of a core", async () => {
    const program = fileURLToPath(new URL("support/idle-datapath.ts", import.meta.url));
    const { share } = JSON.parse(await runProgram([process.execPath, program, `mi${process.pid}`])) as {
      share: number;
    };
    expect(share).toBeLessThan(0.01);
  });
});
