/** hw-offload with the real kernel: what it forwards, counts and leaves, and that it can be taken away at any moment. */

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import {
  CT_STATE_ESTABLISHED as EST,
  CT_STATE_INVALID as INV,
  KEY_ETH_TYPE,
  CT_STATE_NEW as NEW,
} from "../../assembly/layout/key.ts";
import { VNET_GSO_TCPV4 } from "../../assembly/layout/packet.ts";
import { connectionText } from "../../src/fastpath/conntrack-text.ts";
import type { Frame, MegaflowHandle } from "../../src/fastpath/datapath.ts";
import type { DatapathAction } from "../../src/fastpath/datapath-action.ts";
import { WorkerDatapath } from "../../src/fastpath/worker-datapath.ts";
import { deleteLink, setLink } from "../../src/kernel/link.ts";
import { ip, runInNamespace } from "../../src/lab/namespaces.ts";
import { payload } from "../../src/lab/payload.ts";
import { runProgram } from "../../src/lab/run-program.ts";
import { CLIENT, SERVERS, VIP, WEB_PORT } from "../../src/lab/topology.ts";
import { judge } from "../../src/lab/verdict.ts";
import { tcp, udp } from "../conntrack/text.ts";
import { fromPort, type Match } from "../fastpath/match.ts";
import { pattern, tcpFrame, vnetHeader } from "../io/frames.ts";
import { ct, ctState, output, recirc, setEthernet, setIpv4, setPorts } from "../offload/actions.ts";
import { exchange, type Host, LINK, type Network, run, serve, transfer, withHosts } from "./support/with-hosts.ts";
import { withLab } from "./support/with-lab.ts";
import { ovnLab } from "./support/with-ovn-lab.ts";
import { withVswitchd } from "./support/with-vswitchd.ts";

const MIB = 1 << 20;
const OFFLOADS = fileURLToPath(new URL("../../src/lab/offloads.ts", import.meta.url));
const FORWARDERS = fileURLToPath(new URL("support/forwarders.ts", import.meta.url));
const BYTES = 64 * MIB;
const VETH = { ports: "veth" } as const;
/** Counts reach ports and megaflows within this many milliseconds. */
const COUNTED = 1100;

/** Hosts in pairs, whose known flows the kernel forwards. */
function withOffload(
  options: Parameters<typeof withHosts>[0],
  body: (network: Network) => Promise<void>,
): Promise<void> {
  return withHosts(options, async (network) => {
    // What the switch's own namespace says on its ends is nobody's to count.
    for (const { device } of network.hosts) silence(device);
    await network.datapath.setOffload(true);
    expect(network.datapath.ports().map(({ forwards }) => forwards)).toEqual(network.hosts.map(() => true));
    await body(network);
  });
}

/** The kernel of this namespace sends nothing of its own there. */
const silence = (device: string): void => writeFileSync(`/proc/sys/net/ipv6/conf/${device}/disable_ipv6`, "1");

const deviceCounter = (device: string, name: string): bigint =>
  BigInt(readFileSync(`/sys/class/net/${device}/statistics/${name}`, "utf8").trim());

/** What the kernel counted at the switch's ends of the veths. */
const deviceCounts = ({ hosts }: Network) =>
  hosts.map(({ device }) => ({
    rxPackets: deviceCounter(device, "rx_packets"),
    rxBytes: deviceCounter(device, "rx_bytes"),
    txPackets: deviceCounter(device, "tx_packets"),
    txBytes: deviceCounter(device, "tx_bytes"),
  }));

const portCounts = ({ datapath, hosts }: Network) =>
  hosts.map(({ number }) => {
    const { rxPackets, rxBytes, txPackets, txBytes } = datapath.portStatistics(number);
    return { rxPackets, rxBytes, txPackets, txBytes };
  });

type Counts = ReturnType<typeof portCounts>;
const since = (now: Counts, before: Counts): Counts =>
  now.map(
    (counts, i) =>
      Object.fromEntries(
        Object.entries(counts).map(([name, value]) => [name, value - before[i][name as keyof Counts[0]]]),
      ) as Counts[0],
  );

describe("TCP between veths", () => {
  it.each([
    { offloads: true, size: 256 * MIB },
    { offloads: false, size: 64 * MIB },
  ])("arrives intact, by the kernel, every packet counted: offloads $offloads", async ({ offloads, size }) => {
    const port = { ...VETH, offloads };
    await withOffload([port, port], async (network) => {
      const { datapath, hosts } = network;
      const [devices, ports] = [deviceCounts(network), portCounts(network)];
      const [sent, received] = await transfer(hosts[0], hosts[1], size);
      expect(received).toBe(sent);
      expect(received).toHaveLength(64);
      await sleep(COUNTED);
      expect(since(portCounts(network), ports)).toEqual(since(deviceCounts(network), devices));
      const { offloadPackets } = datapath.counters();
      const total = portCounts(network).reduce((sum, { rxPackets }) => sum + rxPackets, 0n);
      expect(Number(offloadPackets) / Number(total)).toBeGreaterThan(0.95);
    });
  });

  it("is tracked to its end: no connection lingers as established", () =>
    withOffload([VETH, VETH], async (network) => {
      const { datapath, hosts } = network;
      await track(network);
      for (let i = 0; i < 2; i++) {
        const [sent, received] = await transfer(hosts[0], hosts[1], 32 * MIB);
        expect(received).toBe(sent);
      }
      expect(datapath.counters().offloadPackets).toBeGreaterThan(1000n);
      const texts = [...datapath.conntrack.connections()]
        .map((connection) => connectionText(connection, { more: true }))
        .filter((text) => text.startsWith("tcp"));
      expect(texts).toHaveLength(2);
      for (const text of texts)
        expect(text).toMatch(/state_orig=(TIME_WAIT|FIN_WAIT_2),state_reply=(TIME_WAIT|FIN_WAIT_2)/);
    }));
});

/** IPv4 between ports 1 and 2 by connections, in the place of the wires. */
async function track({ datapath, wires }: Network): Promise<void> {
  for (const wire of wires) datapath.removeFlow(wire);
  const states = NEW | EST | INV;
  for (const port of [1, 2]) {
    const put = ({ key, mask }: Match, ...actions: DatapathAction[]) => datapath.putFlow(key, mask, actions);
    put(fromPort(port, 0, { offset: KEY_ETH_TYPE, bytes: [8, 6] }), output(3 - port));
    put(fromPort(port, 0, { offset: KEY_ETH_TYPE, bytes: [8, 0] }), ct(), recirc(1));
    put(fromPort(port, 1, ctState(NEW, states)), ct({ commit: true }), output(3 - port));
    put(fromPort(port, 1, ctState(EST, states)), output(3 - port));
  }
  await datapath.barrier();
}

describe("UDP between veths", () => {
  /** Hosts 2 and 3 answer by the same address, so that datagrams may go to either. */
  async function withTwoServers(body: (network: Network, ask: () => Promise<Exchanged>) => Promise<void>) {
    await withOffload([VETH, VETH, VETH, VETH], async (network) => {
      const [client, second, third] = network.hosts;
      const mac = "02:00:00:00:00:99";
      for (const { namespace, device } of [second, third]) {
        await ip("-n", namespace, "address", "add", "10.7.0.99/24", "dev", device);
        await ip("-n", namespace, "link", "set", device, "address", mac);
        await ip("-n", namespace, "neigh", "replace", client.address, "lladdr", await macOf(client), "dev", device);
      }
      await ip("-n", client.namespace, "neigh", "replace", "10.7.0.99", "lladdr", mac, "dev", client.device);
      network.datapath.replaceActions(network.wires[2], [output(1)]);
      const servers = await Promise.all([second, third].map((host) => serve(host, "udp-echo.ts", 5002)));
      try {
        await body(network, async () =>
          JSON.parse(await run(client, "udp-exchange.ts", "10.7.0.99", 5002, 60_000, 100)),
        );
      } finally {
        await Promise.all(servers.map((server) => server.stop()));
      }
    });
  }
  interface Exchanged {
    readonly sent: number;
    readonly returned: number;
    readonly damaged: number;
  }
  const ALL: Exchanged = { sent: 60_000, returned: 60_000, damaged: 0 };

  /** Does something 100 times a second until the exchange is over. */
  async function disturbed(ask: () => Promise<Exchanged>, disturb: (turn: number) => unknown): Promise<number> {
    const exchanged = ask().then((result) => ({ result }));
    let turns = 0;
    for (;;) {
      const over = await Promise.race([exchanged, sleep(10)]);
      if (over !== undefined) {
        expect(over.result).toEqual(ALL);
        return turns;
      }
      await disturb(++turns);
    }
  }

  it("none is lost and none doubled while its megaflow goes from port to port, and all are counted", () =>
    withTwoServers(async (network, ask) => {
      const { datapath, wires } = network;
      const [devices, ports] = [deviceCounts(network), portCounts(network)];
      const turns = await disturbed(ask, (turn) => datapath.replaceActions(wires[0], [output(2 + (turn % 2))]));
      await sleep(COUNTED);
      expect(since(portCounts(network), ports)).toEqual(since(deviceCounts(network), devices));
      const [, second, third] = portCounts(network);
      expect(Number(second.txPackets)).toBeGreaterThan(1000);
      expect(Number(third.txPackets)).toBeGreaterThan(1000);
      expect(turns).toBeGreaterThan(20);
      const { offloadPackets, packets } = datapath.counters();
      console.log(`${turns} changes, ${offloadPackets} datagrams by the kernel, ${packets} by the switch`);
      expect(Number(offloadPackets)).toBeGreaterThan(60_000);
    }));

  it("none is lost and none doubled while offload is switched off and on", () =>
    withTwoServers(async ({ datapath }, ask) => {
      const turns = await disturbed(ask, (turn) => datapath.setOffload(turn % 2 === 0));
      expect(turns).toBeGreaterThan(20);
      await datapath.setOffload(false);
      expect(datapath.ports().map(({ forwards }) => forwards)).toEqual([false, false, false, false]);
      expect(datapath.counters().offloads).toBe(0n);
      expect(Number(datapath.counters().offloadPackets)).toBeGreaterThan(1000);
    }));

  it("nothing comes to a port that was removed, and all goes on when it is back", () =>
    withOffload([VETH, VETH], async ({ datapath, hosts }) => {
      const [client, server] = hosts;
      const replug = async () => {
        await vi.waitFor(() => expect(datapath.counters().offloadPackets).toBeGreaterThan(500n), LINK);
        await datapath.removePort(2);
        const before = deviceCounter(server.device, "tx_packets");
        await sleep(300);
        expect(deviceCounter(server.device, "tx_packets")).toBe(before);
        await datapath.addPort({ kind: "system", name: server.device }, 2);
      };
      const counted = await exchange(client, server, 20_000, 100, { meanwhile: replug });
      // What was on its way is lost, and after it the exchange is silent: the client sends when something comes back.
      expect(counted.damaged).toBe(0);
      expect(await exchange(client, server, 5000, 100)).toEqual({ sent: 5000, returned: 5000, damaged: 0 });
    }));
});

describe("a device that takes no program", () => {
  it("is no reason against offload on the others", () =>
    withHosts([VETH, VETH, VETH], async ({ datapath, hosts }) => {
      // Its end is news that the switch has not heard yet.
      deleteLink(hosts[2].device);
      await datapath.setOffload(true);
      expect(datapath.ports().map(({ forwards }) => forwards)).toEqual([true, true, false]);
      expect(await exchange(hosts[0], hosts[1], 5000, 100)).toEqual({ sent: 5000, returned: 5000, damaged: 0 });
      expect(Number(datapath.counters().offloads)).toBeGreaterThan(0);
    }));
});

const macOf = async ({ namespace, device }: Host): Promise<string> =>
  JSON.parse(await runInNamespace(namespace, ["ip", "-json", "link", "show", device]))[0].address;

describe("frames that the kernel forwards", () => {
  /**
   * A switch between two veths, and at their other ends a second datapath that puts frames in and takes them out. `offload`: of the
   * first.
   */
  async function withBench(
    body: (pass: Pass, datapath: WorkerDatapath, flow: MegaflowHandle) => Promise<void>,
    { offload, offloads = true }: { offload: boolean; offloads?: boolean },
  ): Promise<void> {
    const names = ["a", "b"].map((end) => `mh${process.pid}${end}`);
    const [datapath, ends] = [await WorkerDatapath.start(), await WorkerDatapath.start()];
    const arrived: Frame[] = [];
    ends.onUpcalls((upcalls) => {
      for (const { inPort, frame, vnet } of upcalls) {
        if (inPort === 2) arrived.push({ bytes: Buffer.from(frame), vnet: Buffer.from(vnet) });
      }
    });
    try {
      for (const [i, name] of names.entries()) {
        await ip("link", "add", name, "mtu", "9000", "type", "veth", "peer", `${name}h`, "mtu", "9000");
        if (i === 1) await ip("link", "set", name, "mtu", "1500");
        if (i === 1 && !offloads) await runProgram([process.execPath, OFFLOADS, name, "off"]);
        for (const device of [name, `${name}h`]) {
          await runProgram(["sh", "-c", `echo 1 >/proc/sys/net/ipv6/conf/${device}/disable_ipv6`]);
          setLink(device, { up: true });
        }
        await datapath.addPort({ kind: "system", name }, i + 1);
        await ends.addPort({ kind: "system", name: `${name}h` }, i + 1);
      }
      await vi.waitFor(() => {
        for (const { up } of [...datapath.ports(), ...ends.ports()]) expect(up).toBe(true);
      }, LINK);
      await datapath.setOffload(offload);
      const { key, mask } = fromPort(1);
      const flow = datapath.putFlow(key, mask, [output(2)]);
      await datapath.barrier();
      const pass: Pass = async ({ bytes, vnet }, times = 1) => {
        arrived.length = 0;
        for (let i = 0; i < times; i++) ends.execute({ frame: bytes, vnet, inPort: 9, actions: [output(1)] });
        await vi
          .waitFor(() => expect(arrived.length).toBe(times), { interval: 2, timeout: 1000 })
          .catch(() => undefined);
        return arrived[0];
      };
      await body(pass, datapath, flow);
    } finally {
      await Promise.all([datapath.close(), ends.close()]);
      for (const name of names) deleteLink(name);
    }
  }

  /** Puts a frame in `times`; the first that came out, undefined: none did. */
  type Pass = (frame: Frame, times?: number) => Promise<Frame | undefined>;

  /** Until the kernel has the frame's flow. */
  async function makeKnown(pass: Pass, datapath: WorkerDatapath, frame: Frame): Promise<void> {
    for (let tries = 0; tries < 8; tries++) {
      await pass(frame, 16);
      const { packets } = datapath.counters();
      await pass(frame);
      if (datapath.counters().packets === packets) return;
    }
    throw new Error("the flow does not come to the kernel");
  }

  const A = "10.0.0.1:1000";
  const B = "10.0.0.2:80";
  const NONE = new Uint8Array(10);
  const unsummed = udp(A, B, new Uint8Array(100));
  unsummed.fill(0, 40, 42);
  const FRAMES: readonly (readonly [string, Frame])[] = [
    ["UDP", { bytes: udp(A, B, pattern(100)), vnet: NONE }],
    ["UDP without a checksum", { bytes: unsummed, vnet: NONE }],
    ["UDP of a full MTU", { bytes: udp(A, B, pattern(1472)), vnet: NONE }],
    ["TCP", { bytes: tcp(A, B, "PA", { seq: 1, ack: 1, data: 100 }), vnet: NONE }],
    ["TCP without data", { bytes: tcp(A, B, "A", { seq: 1, ack: 1 }), vnet: NONE }],
    ["TCP, its checksum left open", { bytes: tcpFrame(pattern(100)), vnet: vnetHeader() }],
    ["a super-packet", { bytes: tcpFrame(pattern(20_000)), vnet: vnetHeader(VNET_GSO_TCPV4, 1448) }],
    ["TCP, no PSH, 1 byte", { bytes: tcp(A, B, "A", { seq: 77, ack: 9, data: 1 }), vnet: NONE }],
  ];
  const EDITS: readonly (readonly [string, readonly DatapathAction[]])[] = [
    ["nothing", []],
    ["MACs and TTL", [setEthernet("02 00 00 00 01 01", "02 00 00 00 01 02"), setIpv4({ ttl: 63 })]],
    ["an address", [setIpv4({ dst: "192.168.77.7" })]],
    ["ports", [setPorts(65535, 1)]],
    [
      "everything",
      [
        setEthernet("02 00 00 00 01 01", "02 00 00 00 01 02"),
        setIpv4({ src: "1.2.3.4", dst: "255.255.255.255", ttl: 1 }),
        setPorts(1, 2),
      ],
    ],
  ];

  it.each([
    ["", true],
    [", where the way out leaves no checksum open", false],
  ])("are byte by byte those that the switch sends%s", async (_, finishes) => {
    const passed: (readonly [string, string, Frame | undefined])[][] = [];
    for (const offload of [false, true]) {
      await withBench(
        async (pass, datapath, flow) => {
          const frames: (readonly [string, string, Frame | undefined])[] = [];
          for (const [edit, actions] of EDITS) {
            datapath.replaceActions(flow, [...actions, output(2)]);
            await datapath.barrier();
            for (const [name, frame] of FRAMES) {
              if (offload) await makeKnown(pass, datapath, frame);
              const before = datapath.counters().packets;
              frames.push([edit, name, await pass(frame)]);
              expect([edit, name, datapath.counters().packets - before]).toEqual([edit, name, offload ? 0n : 1n]);
            }
          }
          passed.push(frames);
        },
        { offload, offloads: finishes },
      );
    }
    for (const [i, frame] of passed[1].entries()) expect(frame).toEqual(passed[0][i]);
    expect(passed[1].length).toBe(EDITS.length * FRAMES.length);
    expect(passed[1].filter(([, , frame]) => frame === undefined)).toEqual([]);
  });

  it("that are longer than the way out takes are dropped, and counted, by the switch", () =>
    withBench(
      async (pass, datapath) => {
        const long: Frame = { bytes: udp(A, B, pattern(1473)), vnet: NONE };
        const fits: Frame = { bytes: udp(A, B, pattern(1472)), vnet: NONE };
        await makeKnown(pass, datapath, fits);
        const { packets } = datapath.counters();
        expect(await pass(fits)).toBeDefined();
        expect(datapath.counters().packets).toBe(packets);
        expect(await pass(long)).toBeUndefined();
        expect(datapath.counters().packets).toBe(packets + 1n);
        expect(datapath.portStatistics(2).txDropped).toBe(1n);
      },
      { offload: true },
    ));
});

/** sha256 of BYTES through a virtual address. */
async function download(namespace: string, url: string, ...options: string[]): Promise<string> {
  const command = `curl --silent --show-error --fail --max-time 60 ${options.join(" ")} ${url}bytes/${BYTES} | sha256sum`;
  return (await runInNamespace(namespace, ["sh", "-c", command])).split(" ")[0];
}

const DIGEST = (() => {
  const hash = createHash("sha256");
  for (const block of payload(BYTES)) hash.update(block);
  return hash.digest("hex");
})();

describe("the lab with --hw-offload", () => {
  it.each([true, false])(
    "answers curls by both servers, and leaves no program when it is killed; offloads of the hosts: %s",
    (offloads) =>
      withLab({ ports: "veth", offloads, hwOffload: true }, async (lab) => {
        const verdict = judge(
          await lab.curls(20),
          SERVERS.map(({ says }) => says),
          [],
        );
        expect(verdict.faults).toEqual([]);
        expect(await download(lab.namespace("ns3"), lab.url)).toBe(DIGEST);
        await sleep(COUNTED);
        const [, packets] = /(\d+) packets forwarded there/.exec(await lab.ask("stats"))!;
        expect(Number(packets)).toBeGreaterThan(1000);

        // Killed, the daemon leaves no program behind.
        const devices = ["veth1", "veth3", "veth5"];
        const forwarders = async (): Promise<number[]> =>
          JSON.parse(await runInNamespace(lab.namespace("switch"), [process.execPath, FORWARDERS, ...devices]));
        expect(await forwarders()).toEqual([1, 1, 1]);
        const [, pid] = /"pid":(\d+)/.exec(lab.daemonLog)!;
        process.kill(Number(pid), "SIGKILL");
        await vi.waitFor(async () => expect(await forwarders()).toEqual([0, 0, 0]), LINK);
      }),
  );
});

describe("other_config:hw-offload", () => {
  it("is in force at once, and out of force at once", () =>
    withVswitchd(async (world) => {
      await world.vsctl("add-br", "br0");
      const hosts = [await world.addHost("p1", "10.9.0.1/24"), await world.addHost("p2", "10.9.0.2/24")];
      await world.vsctl("add-port", "br0", "p1", "--", "add-port", "br0", "p2");
      const forwarders = async (): Promise<number[]> =>
        JSON.parse(await world.run(process.execPath, FORWARDERS, "p1", "p2"));
      const exchanged = () =>
        exchange({ namespace: hosts[0] } as Host, { namespace: hosts[1], address: "10.9.0.2" } as Host, 2000, 100);
      const all = { sent: 2000, returned: 2000, damaged: 0 };
      expect(await forwarders()).toEqual([0, 0]);
      await world.vsctl("set", "Open_vSwitch", ".", "other_config:hw-offload=true");
      await vi.waitFor(async () => expect(await forwarders()).toEqual([1, 1]), LINK);
      expect(await exchanged()).toEqual(all);
      await sleep(COUNTED);
      expect(await world.appctl("dpctl/dump-flows", "type=offloaded")).toMatch(/udp|proto=17|eth_type\(0x0800\)/);
      await world.vsctl("set", "Open_vSwitch", ".", "other_config:hw-offload=false");
      await vi.waitFor(async () => expect(await forwarders()).toEqual([0, 0]), LINK);
      expect(await exchanged()).toEqual(all);
      expect(await world.appctl("dpctl/dump-flows", "type=offloaded")).toBe("");
    }));

  it("carries the curls of unmodified OVN", async () => {
    const lab = await ovnLab();
    const [chassis] = lab.chassis;
    await chassis.vsctl("set", "Open_vSwitch", ".", "other_config:hw-offload=true");
    const answers = (await lab.curls(20)).map(({ answer, error }) => answer ?? error);
    expect(new Set(answers)).toEqual(new Set(SERVERS.map(({ says }) => says)));
    const downloaded = download(lab.namespace(CLIENT.name), `http://${VIP}:${WEB_PORT}/`, "--limit-rate", "20M");
    const known = /ct_state\(.*, packets:\d{2,}, .*offloaded:yes, dp:tc, actions:/;
    await vi.waitFor(
      async () => expect(await chassis.appctl("dpctl/dump-flows", "-m", "type=offloaded")).toMatch(known),
      {
        timeout: 10_000,
        interval: 200,
      },
    );
    expect(await downloaded).toBe(DIGEST);
  });
});
