/** What commands do, beside what they say. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { PacketIn } from "../../src/slowpath/packet-ins.ts";
import { COMMANDS } from "../../src/unixctl/commands/list.ts";
import { ethernet, ipv4, ipv4Address, udp } from "../model/frames.ts";
import { recordedFiles } from "../slowpath/reference.ts";
import { TestDaemon } from "./test-daemon.ts";

let daemon: TestDaemon;
beforeEach(async () => {
  daemon = await TestDaemon.start();
});

async function appctl(name: string, ...words: string[]): Promise<string> {
  return COMMANDS.find((command) => command.name === name)!.run(daemon, words);
}

const datagram = (source: string, port: number): Uint8Array => {
  const ip = { source: ipv4Address(source), destination: ipv4Address("10.0.0.2") };
  return ethernet(0x0800, ipv4(ip, 17, udp(ip, port, 53, new Uint8Array(20))));
};
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("ofproto/trace", () => {
  const packetIns: PacketIn[] = [];
  beforeEach(async () => {
    packetIns.length = 0;
    daemon.switch.onPacketIn((packetIn) => packetIns.push({ ...packetIn, frame: packetIn.frame.slice() }));
    await daemon.lab.add("table=0,priority=1,udp actions=controller,output:2", "table=0,priority=0 actions=NORMAL");
  });

  it("causes nothing without a packet", async () => {
    await appctl("ofproto/trace", "br-int", "in_port=p1,udp");
    await appctl("ofproto/trace", "br-int", "in_port=p1,dl_src=02:00:00:00:00:01");
    daemon.lab.datapath.run();
    expect(packetIns).toEqual([]);
    expect(daemon.lab.bridge.macLearning.size).toBe(0);
  });

  it("shows a given packet to the controller, and sends it out by no port", async () => {
    const frame = datagram("10.0.0.1", 1000);
    const text = await appctl("ofproto/trace", "br-int", "in_port=p1", hex(frame));
    expect(text).toContain("nw_src=10.0.0.1,nw_dst=10.0.0.2");
    expect(text).toContain("dont_send=0");
    expect(daemon.lab.sendAll([])).toEqual([]);
    expect(packetIns.map((packetIn) => hex(packetIn.frame))).toEqual([hex(frame)]);
  });

  it("shows a packet that it made of the flow", async () => {
    const flow = "in_port=p1,udp,dl_src=02:00:00:00:00:01,nw_src=10.0.0.1,nw_dst=10.0.0.9,nw_ttl=64,tp_src=7,tp_dst=8";
    await appctl("ofproto/trace", "br-int", flow, "-generate", "--l7", "abcd");
    daemon.lab.datapath.run();
    expect(hex(packetIns[0].frame)).toMatch(/^000000000000020000000001080045.*0a0000010a00000900070008000a.{4}abcd$/);
  });

  it("teaches the bridge a generated packet's source", async () => {
    await appctl("ofproto/trace", "br-int", "in_port=p3,dl_src=02:00:00:00:00:01,dl_type=0x1234", "-generate");
    expect(await appctl("fdb/show", "br-int")).toContain("    3     0  02:00:00:00:00:01    0\n");
  });

  it("names ports on request", async () => {
    const text = await appctl("ofproto/trace", "--names", "br-int", "in_port=p1,udp");
    expect(text).toMatch(/^Flow: udp,in_port=p1,/);
    expect(text).toMatch(/Datapath actions: .*,p2$/);
  });

  it("tells actions that cannot be from those that can", async () => {
    await expect(appctl("ofproto/trace-packet-out", "br-int", "in_port=p1", "group:7")).rejects.toThrow(
      "Bad actions: OFPBAC_BAD_OUT_GROUP",
    );
    expect(await appctl("ofproto/trace-packet-out", "br-int", "in_port=p1", "output:3")).toMatch(/actions: 4$/);
  });
});

describe("megaflows", () => {
  const count = (): number => daemon.switch.megaflows.size;
  beforeEach(() => daemon.lab.add("table=0,priority=0 actions=output:2"));

  it("are one for each packet while megaflows are disabled", async () => {
    daemon.lab.sendAll([1000, 1001].map((port) => [1, datagram("10.0.0.1", port)] as const));
    expect(count()).toBe(1);
    expect(await appctl("upcall/disable-megaflows")).toBe("megaflows disabled");
    expect(count()).toBe(0);
    daemon.lab.sendAll([1000, 1001, 1001].map((port) => [1, datagram("10.0.0.1", port)] as const));
    expect(count()).toBe(2);
    expect(await appctl("dpif/dump-flows", "br-int")).toMatch(/udp\(src=1000,dst=53\).*\n.*udp\(src=1001,dst=53\)/);
    await appctl("upcall/enable-megaflows");
    daemon.lab.sendAll([1000, 1001].map((port) => [1, datagram("10.0.0.1", port)] as const));
    expect(count()).toBe(1);
  });

  it("stay when the revalidator is paused, and expire when it goes on", async () => {
    daemon.lab.send(1, datagram("10.0.0.1", 1000));
    await appctl("revalidator/pause");
    daemon.lab.datapath.advanceTime(60_000);
    daemon.switch.sweep();
    expect(count()).toBe(1);
    await appctl("revalidator/resume");
    await appctl("revalidator/wait");
    expect(count()).toBe(0);
  });

  it("are not made past the limit that is set", async () => {
    await appctl("upcall/set-flow-limit", "0");
    expect(daemon.lab.portsOf(1, datagram("10.0.0.1", 1000))).toEqual([2]);
    expect(count()).toBe(0);
  });

  it("made by hand forward, change and go", async () => {
    const key = "recirc_id(0),in_port(2),eth_type(0x0800),ipv4(frag=no)";
    await appctl("dpctl/add-flow", key, "p3");
    expect(daemon.lab.portsOf(1, datagram("10.0.0.1", 1000))).toEqual([3]);
    await appctl("dpctl/mod-flow", key, "p2,p3");
    expect(daemon.lab.portsOf(1, datagram("10.0.0.1", 1000))).toEqual([2, 3]);
    await appctl("dpctl/del-flow", key);
    expect(daemon.lab.portsOf(1, datagram("10.0.0.1", 1000))).toEqual([2]);
  });

  it("are changed by a file, whose bad lines are told about", async () => {
    const folder = mkdtempSync(join(tmpdir(), "unixctl-"));
    const file = join(folder, "flows");
    const key = (port: number): string => `in_port(${port}),eth_type(0x0800),ipv4(frag=no)`;
    writeFileSync(file, `# by hand\nadd ${key(2)} p3\n${key(3)} 2\nnonsense\ndelete ${key(2)}\n`);
    const answer = await appctl("dpctl/add-flows", file);
    rmSync(folder, { recursive: true });
    expect(answer).toBe("ovs-vswitchd: Failed parsing line number 4, skipped!\n");
    expect(await appctl("dpctl/dump-flows")).toMatch(/^flow-dump.*\n.*in_port\(3\).*actions:2\n$/);
    await appctl("dpctl/del-flows");
    expect(count()).toBe(0);
  });
});

describe("dpif/set-dp-features", () => {
  it.each([
    ["trunc", "output(port=2,max_len=20)", 20],
    ["add_mpls", "encap(mpls),encap(ethernet),output:2", 62 + 18],
  ])("%s off: its packets go through the slow path, and come out the same", async (feature, actions, length) => {
    await daemon.lab.add(`table=0,priority=1 actions=${actions}`);
    const frame = datagram("10.0.0.1", 1000);
    const lengths = (): number[] => daemon.lab.send(1, frame).map((text) => (text.length - 2) / 2);
    const slow = (): boolean[] => [...daemon.switch.megaflows].map(({ origin }) => origin.slow);
    expect([lengths(), slow()]).toEqual([[length], [false]]);
    expect(await appctl("dpif/set-dp-features", "br-int", feature, "false")).toBe("");
    expect([lengths(), lengths(), slow()]).toEqual([[length], [length], [true]]);
    expect(await appctl("ofproto/trace", "br-int", "in_port=p1,udp")).toMatch(
      /handled by the userspace slow path because it:\n {2}- Uses action\(s\) not supported by datapath\.\n*$/,
    );
    await appctl("dpif/set-dp-features", "br-int", feature, "true");
    expect([lengths(), slow()]).toEqual([[length], [false]]);
  });
});

describe("connections", () => {
  beforeEach(async () => {
    await daemon.lab.add("table=0,priority=0,udp actions=ct(commit,zone=5),output:2");
    for (const source of ["10.0.0.1", "10.0.0.3"]) daemon.lab.send(1, datagram(source, 1000));
  });
  const left = async (): Promise<string[]> =>
    [...(await appctl("dpctl/dump-conntrack")).matchAll(/orig=\(src=([\d.]+)/g)].map(([, source]) => source).sort();

  it("are listed by zone", async () => {
    expect(await left()).toEqual(["10.0.0.1", "10.0.0.3"]);
    expect(await appctl("dpctl/dump-conntrack", "zone=6")).toBe("");
    expect(await appctl("dpctl/dump-conntrack", "-s", "zone=5")).toMatch(/zone=5,timeout=\d+/);
    expect(await appctl("dpctl/ct-stats-show")).toBe("Connections Stats:\n    Total: 2\n  UDP: 2\n");
  });

  it.each([
    ["all", [], []],
    ["of a zone", ["zone=5"], []],
    ["of another zone", ["zone=6"], ["10.0.0.1", "10.0.0.3"]],
    ["by an address", ["ct_nw_src=10.0.0.3"], ["10.0.0.1"]],
    [
      "by a tuple in a zone",
      ["zone=5", "ct_nw_src=10.0.0.1,ct_nw_dst=10.0.0.2,ct_nw_proto=17,ct_tp_src=1000,ct_tp_dst=53"],
      ["10.0.0.3"],
    ],
    [
      "by the tuple of its answers",
      ["zone=5", "ct_nw_src=10.0.0.2,ct_nw_dst=10.0.0.1,ct_nw_proto=17,ct_tp_src=53,ct_tp_dst=1000"],
      ["10.0.0.3"],
    ],
    ["by the reply", ["", "ct_nw_dst=10.0.0.1"], ["10.0.0.3"]],
    ["with the datapath's name in front", ["dummy@ovs-dummy", "zone=5", "ct_nw_src=10.0.0.1"], ["10.0.0.3"]],
  ])("are flushed: %s", async (_, words, rest) => {
    await appctl("dpctl/flush-conntrack", ...words);
    expect(await left()).toEqual(rest);
  });

  it("that there are not cannot be flushed by their tuple: without a zone, zone 0 is meant", async () => {
    const tuple = "ct_nw_src=10.0.0.1,ct_nw_dst=10.0.0.2,ct_nw_proto=17,ct_tp_src=1000,ct_tp_dst=53";
    await expect(appctl("dpctl/flush-conntrack", tuple)).rejects.toThrow(
      "failed to flush conntrack (No such file or directory)",
    );
    expect(await left()).toEqual(["10.0.0.1", "10.0.0.3"]);
  });

  it("wait for the rest of a datagram, which is listed", async () => {
    await daemon.lab.add("table=0,priority=1,udp,tp_src=0 actions=ct(zone=9),output:2");
    const ip = { source: ipv4Address("10.0.0.1"), destination: ipv4Address("10.0.0.2"), id: 0x1234, fragment: 0x2000 };
    daemon.lab.send(1, ethernet(0x0800, ipv4(ip, 17, new Uint8Array(1280))));
    const text = await appctl("dpctl/ipf-get-status", "-m");
    expect(text.slice(text.indexOf("        Fragment Lists:"))).toMatch(
      /^ {8}Fragment Lists:\n\n\(src=10\.0\.0\.1,dst=10\.0\.0\.2,recirc_id=\d+,ip_id=4660,dl_type=0x800,zone=9,nw_proto=17,num_fragments=1,state=first frag\)\n$/,
    );
    expect(await appctl("dpctl/ipf-get-status")).not.toContain("Fragment Lists");
  });

  it("are limited in a zone", async () => {
    await appctl("dpctl/ct-set-limits", "zone=5,limit=2");
    daemon.lab.send(1, datagram("10.0.0.4", 1000));
    expect(await left()).toEqual(["10.0.0.1", "10.0.0.3"]);
    expect(await appctl("dpctl/ct-get-limits", "zone=5")).toBe("default limit=0\nzone=5,limit=2,count=2");
  });
});

describe("tunnels", () => {
  const [{ lines }] = recordedFiles("5-two-chassis/chassis1/appctl-tnl.txt");
  const recordedLine = (start: string): string => lines.find((line) => line.startsWith(start))!;

  it("are listed as recorded", async () => {
    daemon = await TestDaemon.start(["ovn-slaver-0"]);
    const { bridge } = daemon.lab;
    const remote = ipv4Address("172.31.0.2");
    const tunnel = { remote, key: "flow", ttl: 64, tos: 0, dontFragment: true, checksum: true } as const;
    daemon.switch.ports.set(bridge, bridge.portByName("ovn-slaver-0")!, { tunnel });
    const interfaceOf = () => ({ type: "geneve", options: new Map() });
    const wanted = recordedLine("port 4:").replace("port 4:", "port 2:").replace("dp port=4", "dp port=2");
    Object.assign(daemon, { interfaceOf });
    expect((await appctl("ofproto/list-tunnels")).split("\n").filter((line) => line.includes("slaver"))).toEqual([
      wanted,
    ]);
  });

  it("show their neighbours as recorded", async () => {
    await appctl("tnl/neigh/set", "br-phy", "172.31.0.2", "b6:06:31:07:b0:46");
    expect((await appctl("tnl/neigh/show")).split("\n").slice(0, 3)).toEqual(lines.slice(0, 3));
  });

  it("show the kernel's routes as recorded", async () => {
    const routes = [
      { origin: "Cached", prefix: "127.0.0.1/32", device: "lo", source: "127.0.0.1", local: true },
      { origin: "Cached", prefix: "172.31.0.0/24", device: "br-phy", source: "172.31.0.1" },
    ] as const;
    Object.assign(daemon.tunnels, { routes: () => routes });
    expect((await appctl("ovs/route/show")).trimEnd().split("\n")).toEqual([
      "Route Table:",
      recordedLine("Cached: 127.0.0.1/32"),
      recordedLine("Cached: 172.31.0.0/24"),
    ]);
  });

  it("are shown with their options as recorded", async () => {
    const [{ lines: shown }] = recordedFiles("5-two-chassis/chassis1/appctl-dpif-show.txt");
    daemon = await TestDaemon.start(["ovn-slaver-0"]);
    const options = new Map([
      ["remote_ip", "172.31.0.2"],
      ["key", "flow"],
      ["csum", "true"],
    ]);
    Object.assign(daemon, {
      interfaceOf: (_: unknown, { name }: { name: string }) =>
        name === "ovn-slaver-0" ? { type: "geneve", options } : undefined,
    });
    const wanted = shown.find((line) => line.includes("ovn-slaver-0"))!.replace("1/4", "1/2");
    expect((await appctl("dpif/show")).split("\n")).toContain(wanted);
  });
});

describe("the clock of --enable-dummy", () => {
  const known = async (): Promise<boolean> => (await appctl("list-commands")).includes("time/warp");

  it("is not there unless the daemon has one", async () => expect(await known()).toBe(false));

  it("is warped by as much as was asked for, in steps", async () => {
    const warps: number[][] = [];
    Object.assign(daemon, { clock: { stop: () => {}, warp: async (...values: number[]) => warps.push(values) } });
    expect(await known()).toBe(true);
    expect([await appctl("time/warp", "100"), await appctl("time/warp", "1000", "100")]).toEqual(["warped", "warped"]);
    expect(warps).toEqual([
      [100, 100],
      [1000, 100],
    ]);
  });
});

it("pmd-stats-clear counts from zero again", async () => {
  await daemon.lab.add("actions=output:2");
  daemon.lab.send(1, datagram("10.0.0.1", 1));
  expect(await appctl("dpif-netdev/pmd-stats-show")).toContain("packets received: 1\n");
  await appctl("dpif-netdev/pmd-stats-clear");
  expect(await appctl("dpif-netdev/pmd-stats-show")).toContain("packets received: 0\n");
});

it("exit is passed on, with its option", async () => {
  await appctl("exit");
  await appctl("exit", "--cleanup");
  expect(daemon.exits).toEqual([false, true]);
});
