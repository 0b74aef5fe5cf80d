import { describe, expect, it } from "vitest";
import { FLOW_BYTES, FLOW_PACKETS } from "../../assembly/layout/megaflow.ts";
import { DatapathFullError } from "../../src/fastpath/datapath.ts";
import { ethernet, ipv4, ipv4Address, MAC_A, MAC_B, tcp, udp } from "../model/frames.ts";
import { TestSwitch } from "../model/test-switch.ts";

const CLIENT = ipv4Address("10.0.0.1");
const SERVER = ipv4Address("10.0.0.2");

function udpFrame(sourcePort: number, destination = SERVER, ttl = 64): Uint8Array {
  const ip = { source: CLIENT, destination, ttl };
  return ethernet(0x0800, ipv4(ip, 17, udp(ip, sourcePort, 53, new Uint8Array(20))));
}

function synFrame(sourcePort: number, flags = 2): Uint8Array {
  const ip = { source: CLIENT, destination: SERVER };
  return ethernet(0x0800, ipv4(ip, 6, tcp(ip, { source: sourcePort, destination: 80, flags })));
}

/** The frame with other addresses. */
function withMacs(frame: Uint8Array, destination: Uint8Array, source: Uint8Array): Uint8Array {
  const copy = frame.slice();
  copy.set(destination, 0);
  copy.set(source, 6);
  return copy;
}

describe("look-ups in tables", () => {
  const counts = (lab: TestSwitch, table: number, bridge?: string) => {
    const { matched, missed } = lab.switch.bridge(bridge).tables.counters(table);
    return [matched.packets, missed.packets];
  };

  it("are counted for each packet, whether the slow path saw it or not", async () => {
    const lab = await TestSwitch.start(2);
    await lab.add("priority=1,in_port=1 actions=resubmit(,1),resubmit(,2)", "table=2,actions=output:2");
    for (let i = 0; i < 10; i++) lab.send(1, udpFrame(1000));
    lab.send(2, udpFrame(1000));
    lab.switch.revalidator.creditAll();
    expect([0, 1, 2, 3].map((table) => counts(lab, table))).toEqual([
      [10, 1],
      [0, 10],
      [10, 0],
      [0, 0],
    ]);
    lab.switch.revalidator.everything();
    lab.switch.revalidator.creditAll();
    expect(counts(lab, 0)).toEqual([10, 1]);
  });

  it("are those of the bridge they were made on", async () => {
    const lab = await TestSwitch.start(1);
    lab.switch.ports.addPatch("here", "br-int", "there", "br-ext");
    await lab.add(`priority=1,in_port=1 actions=output:${lab.bridge.portByName("here")!.number}`);
    for (let i = 0; i < 3; i++) lab.send(1, udpFrame(1000));
    lab.switch.revalidator.creditAll();
    expect([counts(lab, 0), counts(lab, 0, "br-ext")]).toEqual([
      [3, 0],
      [0, 3],
    ]);
  });
});

describe("a port that goes", () => {
  it("takes the stations behind it with it, on other bridges too, and nobody else's", async () => {
    const lab = await TestSwitch.start(2);
    const other = lab.switch.bridge("br-ext");
    await lab.switch.ports.add({ kind: "test", name: "p9" }, { ofport: 9, bridge: "br-ext" });
    for (const { macLearning } of [lab.bridge, other])
      macLearning.learn(0, MAC_A, macLearning === other.macLearning ? 9 : 1, 0);
    lab.bridge.macLearning.learn(0, MAC_B, 2, 0);
    other.macLearning.learn(0, MAC_B, 9, 0);
    await lab.switch.ports.remove("p1");
    for (const { macLearning } of [lab.bridge, other]) {
      expect(macLearning.entries().map(({ mac }) => mac)).toEqual([MAC_B]);
    }
  });
});

describe("megaflows", () => {
  it("are made by the first packet and spare the slow path the others", async () => {
    const lab = await TestSwitch.start(2);
    await lab.add("priority=1,in_port=1 actions=output:2");
    for (let i = 0; i < 10; i++) expect(lab.portsOf(1, udpFrame(1000 + i))).toEqual([2]);
    expect(lab.switch.megaflows.size).toBe(1);
    expect(lab.switch.upcalls.statistics).toMatchObject({ misses: 1, installed: 1, slowPath: 0, dropped: 0 });
  });

  it("are shared by packets of one flow that miss together", async () => {
    const lab = await TestSwitch.start(2);
    await lab.add("priority=1,in_port=1 actions=output:2");
    expect(lab.sendAll([1, 2, 3].map((port) => [1, udpFrame(port)]))).toHaveLength(3);
    expect(lab.switch.upcalls.statistics).toMatchObject({ misses: 3, installed: 1, shared: 2 });
  });

  it("are not made beyond the flow limit, and packets are forwarded all the same", async () => {
    const lab = await TestSwitch.start(2, { flowLimit: 3 });
    await lab.add("priority=1,udp,tp_src=0/0x8000 actions=output:2");
    await lab.add(...Array.from({ length: 8 }, (_, i) => `priority=2,udp,tp_src=${i + 1} actions=output:2`));
    for (let i = 1; i <= 8; i++) expect(lab.portsOf(1, udpFrame(i))).toEqual([2]);
    expect(lab.switch.megaflows.size).toBe(3);
    expect(lab.switch.upcalls.statistics.refused).toBe(5);
  });

  it("count for their rules what comes until the fast path has taken them out", async () => {
    const lab = await TestSwitch.start(2);
    await lab.add("priority=1,in_port=1 actions=output:2");
    lab.send(1, udpFrame(1));
    const [flow] = lab.switch.megaflows;
    const { address } = flow;
    lab.switch.revalidator.creditAll();
    const before = lab.rule(0, 1)!.statistics.packets;
    lab.switch.revalidator.remove(flow);
    const counters = new DataView(lab.datapath.memory.buffer, address);
    counters.setBigUint64(FLOW_PACKETS, counters.getBigUint64(FLOW_PACKETS, true) + 5n, true);
    counters.setBigUint64(FLOW_BYTES, counters.getBigUint64(FLOW_BYTES, true) + 500n, true);
    await lab.datapath.barrier();
    expect(lab.rule(0, 1)!.statistics.packets).toBe(before + 5n);
  });

  it("go when no packet came for the idle time, and not before", async () => {
    const lab = await TestSwitch.start(2, { maxIdle: 10_000 });
    await lab.add("priority=1,in_port=1 actions=output:2");
    lab.send(1, udpFrame(1));
    lab.datapath.advanceTime(9000);
    lab.send(1, udpFrame(1));
    lab.datapath.advanceTime(9000);
    lab.switch.sweep();
    expect(lab.switch.megaflows.size).toBe(1);
    lab.datapath.advanceTime(1001);
    lab.switch.sweep();
    expect(lab.switch.megaflows.size).toBe(0);
    expect(lab.portsOf(1, udpFrame(1))).toEqual([2]);
  });

  it("go sooner when there is little room, so that others find some: those that are used stay", async () => {
    const lab = await TestSwitch.start(2, { maxIdle: 10_000, flowLimit: 8 });
    await lab.add(...Array.from({ length: 9 }, (_, i) => `priority=2,udp,tp_src=${i + 1} actions=output:2`));
    for (let i = 1; i <= 6; i++) lab.send(1, udpFrame(i));
    lab.datapath.advanceTime(2000);
    lab.switch.sweep();
    expect(lab.switch.megaflows.size).toBe(6);
    lab.send(1, udpFrame(1));
    lab.send(1, udpFrame(7));
    lab.switch.sweep();
    expect(lab.switch.megaflows.size).toBe(2);
    expect(lab.switch.revalidator.statistics.expired).toBe(5);
  });

  it("count for every rule they came by, the first packet included", async () => {
    const lab = await TestSwitch.start(2);
    await lab.add("table=0,priority=1 actions=resubmit(,1)", "table=1,priority=5,udp actions=output:2");
    const frame = udpFrame(1);
    for (let i = 0; i < 7; i++) lab.send(1, frame);
    lab.switch.revalidator.creditAll();
    for (const rule of [lab.rule(0, 1), lab.rule(1, 5)]) {
      expect(rule!.statistics).toMatchObject({ packets: 7n, bytes: BigInt(7 * frame.length) });
    }
  });

  it("keep the counts of a rule apart from those of the rule that takes its place", async () => {
    const lab = await TestSwitch.start(2);
    await lab.add("priority=1 actions=output:2");
    for (let i = 0; i < 4; i++) lab.send(1, udpFrame(1));
    await lab.add("priority=9 actions=output:2");
    for (let i = 0; i < 3; i++) lab.send(1, udpFrame(1));
    lab.switch.revalidator.creditAll();
    expect(lab.rule(0, 1)!.statistics.packets).toBe(4n);
    expect(lab.rule(0, 9)!.statistics.packets).toBe(3n);
  });
});

describe("a change of the tables is in force when apply resolves", () => {
  it("for a new rule of higher priority", async () => {
    const lab = await TestSwitch.start(3);
    await lab.add("priority=1 actions=output:2");
    expect(lab.portsOf(1, udpFrame(1))).toEqual([2]);
    await lab.add("priority=2,udp,tp_src=1 actions=output:3");
    expect(lab.portsOf(1, udpFrame(1))).toEqual([3]);
    expect(lab.portsOf(1, udpFrame(2))).toEqual([2]);
  });

  it("for a rule where there was none", async () => {
    const lab = await TestSwitch.start(2);
    expect(lab.portsOf(1, udpFrame(1))).toEqual([]);
    await lab.add("priority=2,udp actions=output:2");
    expect(lab.portsOf(1, udpFrame(1))).toEqual([2]);
  });

  it("for a rule that goes, and one whose actions change", async () => {
    const lab = await TestSwitch.start(3);
    await lab.add("priority=1 actions=output:2", "priority=2,udp actions=output:3");
    expect(lab.portsOf(1, udpFrame(1))).toEqual([3]);
    await lab.delete("priority=2,udp");
    expect(lab.portsOf(1, udpFrame(1))).toEqual([2]);
    await lab.add("priority=1 actions=output:3");
    expect(lab.portsOf(1, udpFrame(1))).toEqual([3]);
  });

  it("for a rule in a table that the packet reaches rewritten", async () => {
    const lab = await TestSwitch.start(3);
    await lab.add(
      "table=0,priority=1,ip actions=set_field:10.0.0.9->ip_dst,resubmit(,1)",
      "table=1,priority=1 actions=output:2",
    );
    expect(lab.portsOf(1, udpFrame(1))).toEqual([2]);
    await lab.add("table=1,priority=5,ip,nw_dst=10.0.0.9 actions=output:3");
    expect(lab.portsOf(1, udpFrame(1))).toEqual([3]);
  });

  it("for a group's buckets", async () => {
    const lab = await TestSwitch.start(3);
    await lab.add("group_id=1,type=select,selection_method=dp_hash,bucket=weight:1,actions=output:2");
    await lab.add("priority=1 actions=group:1");
    expect(lab.portsOf(1, udpFrame(1))).toEqual([2]);
    await lab.add("group_id=1,type=select,selection_method=dp_hash,bucket=weight:1,actions=output:3");
    expect(lab.portsOf(1, udpFrame(1))).toEqual([3]);
  });

  it("without touching the megaflows it has nothing to do with", async () => {
    const lab = await TestSwitch.start(3);
    await lab.add("priority=1,in_port=1 actions=output:2", "priority=1,in_port=2 actions=resubmit(,1)");
    lab.send(1, udpFrame(1));
    lab.send(2, udpFrame(1));
    const before = lab.switch.revalidator.statistics.translated;
    await lab.add("table=1,priority=7,udp actions=output:3");
    expect(lab.switch.revalidator.statistics.translated - before).toBe(1);
    expect(lab.portsOf(2, udpFrame(1))).toEqual([3]);
  });

  it("or not at all, when one of a list is refused", async () => {
    const lab = await TestSwitch.start(3);
    await lab.add("priority=1 actions=output:2");
    await expect(lab.add("priority=9 actions=output:3", "priority=9,udp actions=group:77")).rejects.toThrow(/77/);
    expect(lab.portsOf(1, udpFrame(1))).toEqual([2]);
  });
});

describe("select groups", () => {
  for (const select of ["one-pass", "recirculate"] as const) {
    it(`spread connections, each always to the same bucket (${select})`, async () => {
      const lab = await TestSwitch.start(3, { select });
      await lab.add(
        "group_id=1,type=select,selection_method=dp_hash,bucket=weight:1,actions=output:2,bucket=weight:1,actions=output:3",
        "priority=1 actions=group:1",
      );
      const first = Array.from({ length: 200 }, (_, i) => lab.portsOf(1, synFrame(1000 + i))[0]);
      const again = Array.from({ length: 200 }, (_, i) => lab.portsOf(1, synFrame(1000 + i))[0]);
      expect(again).toEqual(first);
      for (const port of [2, 3]) expect(first.filter((one) => one === port).length).toBeGreaterThan(60);
    });
  }

  it("choose the same bucket in one pass as by recirculation", async () => {
    const chosen: number[][] = [];
    for (const select of ["one-pass", "recirculate"] as const) {
      const lab = await TestSwitch.start(4, { select });
      await lab.add(
        "group_id=1,type=select,selection_method=dp_hash,bucket=weight:3,actions=output:2,bucket=weight:1,actions=output:3,bucket=weight:2,actions=output:4",
        "priority=1 actions=group:1",
      );
      chosen.push(Array.from({ length: 300 }, (_, i) => lab.portsOf(1, synFrame(2000 + i))[0]));
    }
    expect(chosen[0]).toEqual(chosen[1]);
  });

  it("need no upcall after the first packet, and count packets for each bucket", async () => {
    const lab = await TestSwitch.start(3);
    await lab.add(
      "group_id=1,type=select,selection_method=dp_hash,bucket=weight:1,actions=output:2,bucket=weight:1,actions=output:3",
      "priority=1 actions=group:1",
    );
    const ports = Array.from({ length: 100 }, (_, i) => lab.portsOf(1, synFrame(1000 + i))[0]);
    expect(lab.switch.upcalls.statistics.misses).toBe(1);
    const counted = lab.bridge.group(1)!.buckets.map(({ counters }) => lab.datapath.bucketCounters(counters).packets);
    expect(counted).toEqual([2, 3].map((port) => BigInt(ports.filter((one) => one === port).length)));
  });

  it("leave out a bucket whose watched port is down, and take it back", async () => {
    const lab = await TestSwitch.start(3);
    await lab.add(
      "group_id=1,type=select,selection_method=dp_hash,bucket=weight:1,watch_port:2,actions=output:2,bucket=weight:1,watch_port:3,actions=output:3",
      "priority=1 actions=group:1",
    );
    const spread = () => new Set(Array.from({ length: 64 }, (_, i) => lab.portsOf(1, synFrame(3000 + i))[0]));
    expect(spread()).toEqual(new Set([2, 3]));
    lab.datapath.setPortUp(lab.datapathPort(2), false);
    expect(spread()).toEqual(new Set([3]));
    lab.datapath.setPortUp(lab.datapathPort(2), true);
    expect(spread()).toEqual(new Set([2, 3]));
  });
});

describe("encap() and decap()", () => {
  const frame = withMacs(udpFrame(1), MAC_A, MAC_B);
  const outer = Buffer.from("000000000002000000000001884700002140", "hex");
  const covered = Buffer.concat([outer, frame]);
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

  it("put a frame behind a label and an Ethernet header, and bring it back through the tables", async () => {
    const lab = await TestSwitch.start(3);
    await lab.add(
      "priority=1,ip actions=encap(mpls),set_mpls_label:2,encap(ethernet),mod_dl_dst:00:00:00:00:00:02,mod_dl_src:00:00:00:00:00:01,2",
      "priority=1,dl_type=0x8847,mpls_label=2 actions=decap(),decap(packet_type(ns=0,type=0)),resubmit(,1)",
      "table=1,udp actions=3",
    );
    // Twice: by the slow path and by the megaflow.
    for (let i = 0; i < 2; i++) {
      expect(lab.send(1, frame)).toEqual([`2:${hex(covered)}`]);
      expect(lab.send(1, covered)).toEqual([`3:${hex(frame)}`]);
    }
  });

  it("change an Ethernet header for another one with a label, and back", async () => {
    const lab = await TestSwitch.start(3);
    const addresses = "mod_dl_dst:00:00:00:00:00:02,mod_dl_src:00:00:00:00:00:01";
    await lab.add(
      `priority=1,ip actions=decap,encap(mpls),set_mpls_label:2,encap(ethernet),${addresses},2`,
      `priority=1,mpls,mpls_label=2 actions=decap,decap(packet_type(ns=1,type=0x0800)),encap(ethernet),${addresses},3`,
    );
    const labelled = Buffer.concat([outer, frame.subarray(14)]);
    const plain = Buffer.concat([outer.subarray(0, 12), frame.subarray(12)]);
    for (let i = 0; i < 2; i++) {
      expect(lab.send(1, frame)).toEqual([`2:${hex(labelled)}`]);
      expect(lab.send(1, labelled)).toEqual([`3:${hex(plain)}`]);
    }
  });
});

describe("NORMAL", () => {
  it("floods what it does not know, and forwards to where an address was seen", async () => {
    const lab = await TestSwitch.start(3);
    await lab.add("priority=0 actions=normal");
    expect(lab.portsOf(1, udpFrame(1))).toEqual([2, 3]);
    expect(lab.portsOf(3, withMacs(udpFrame(1), MAC_A, MAC_B))).toEqual([1]);
    expect(lab.portsOf(1, udpFrame(1))).toEqual([3]);
    // The station moves.
    expect(lab.portsOf(2, withMacs(udpFrame(1), MAC_A, MAC_B))).toEqual([1]);
    expect(lab.portsOf(1, udpFrame(1))).toEqual([2]);
  });

  it("loses a port whose megaflow has yet to say what it saw", async () => {
    const lab = await TestSwitch.start(3);
    await lab.add("priority=0 actions=normal");
    const [there, back] = [udpFrame(1), withMacs(udpFrame(1), MAC_A, MAC_B)];
    // Both megaflows have packets that are not credited: each teaches where its station is when it is looked at again.
    for (let i = 0; i < 3; i++) expect([...lab.portsOf(3, back), ...lab.portsOf(1, there)]).toContain(3);
    await lab.switch.ports.remove("p3");
    expect(lab.portsOf(1, there)).toEqual([2]);
    expect(lab.portsOf(2, back)).toEqual([1]);
    expect(lab.portsOf(1, there)).toEqual([2]);
  });

  it("keeps an address that is only seen by megaflows", async () => {
    const lab = await TestSwitch.start(3, { maxIdle: 1000 });
    await lab.add("priority=0 actions=normal");
    lab.send(3, withMacs(udpFrame(1), MAC_A, MAC_B));
    for (let seconds = 0; seconds < 400; seconds++) {
      lab.datapath.advanceTime(900);
      lab.send(3, withMacs(udpFrame(1), MAC_A, MAC_B));
      if (seconds % 10 === 0) lab.switch.sweep();
    }
    lab.switch.sweep();
    expect(lab.portsOf(1, udpFrame(1))).toEqual([3]);
  });
});

describe("learn()", () => {
  it("makes a rule that answers find, in force for the next packet", async () => {
    const lab = await TestSwitch.start(3);
    await lab.add(
      "table=0,priority=1 actions=learn(table=1,idle_timeout=5,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),resubmit(,1)",
      "table=1,priority=0 actions=output:2",
    );
    expect(lab.portsOf(1, udpFrame(1))).toEqual([2]);
    expect(lab.portsOf(3, withMacs(udpFrame(1), MAC_A, MAC_B))).toEqual([1]);
    expect(lab.portsOf(1, udpFrame(1))).toEqual([3]);
  });

  it("lets the rule go when its packets stop, and keeps it while they come", async () => {
    const lab = await TestSwitch.start(3);
    await lab.add(
      "table=0,priority=1 actions=learn(table=1,hard_timeout=5,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),output:2",
    );
    const learned = () => [...lab.bridge.tables.rules()].filter(({ table }) => table === 1).length;
    for (let i = 0; i < 20; i++) {
      lab.send(1, udpFrame(1));
      lab.datapath.advanceTime(1000);
      lab.switch.sweep();
      expect(learned()).toBe(1);
    }
    lab.datapath.advanceTime(5000);
    lab.switch.sweep();
    expect(learned()).toBe(0);
  });
});

describe("learn(delete_learned)", () => {
  const teacher = (priority: number, cookie = 5) =>
    `table=0,priority=${priority} actions=learn(table=1,delete_learned,cookie=${cookie},NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),resubmit(,1)`;
  /** Cookies in the table that is taught. */
  const learned = (lab: TestSwitch) => {
    const taught = [...lab.bridge.tables.rules()].filter(({ table, priority }) => table === 1 && priority > 0);
    return [...new Set(taught.map(({ cookie }) => cookie))].sort();
  };
  const start = async (...rules: string[]) => {
    const lab = await TestSwitch.start(3);
    await lab.add(...rules, "table=1,priority=0 actions=output:2");
    lab.send(3, withMacs(udpFrame(1), MAC_A, MAC_B));
    expect(learned(lab)).toEqual([5n]);
    expect(lab.portsOf(1, udpFrame(1))).toEqual([3]);
    return lab;
  };

  it("takes what was learned away with the rule that taught it, in force at once", async () => {
    const lab = await start(teacher(1), "table=0,priority=0 actions=resubmit(,1)");
    await lab.delete("priority=1");
    expect(learned(lab)).toEqual([]);
    expect(lab.portsOf(1, udpFrame(1))).toEqual([2]);
  });

  it("leaves it while another rule teaches the same, and rules of other cookies always", async () => {
    const lab = await start(teacher(2), teacher(1), "table=0,priority=0 actions=resubmit(,1)");
    await lab.add("cookie=9,table=1,priority=7,tcp actions=drop");
    await lab.delete("priority=2");
    expect(learned(lab)).toEqual([5n, 9n]);
    await lab.delete("priority=1");
    expect(learned(lab)).toEqual([9n]);
  });

  it("takes it away when the rule teaches something else from now on, and keeps it when it is only replaced", async () => {
    const lab = await start(teacher(1));
    await lab.add(teacher(1));
    expect(learned(lab)).toEqual([5n]);
    await lab.add("table=0,priority=1 actions=resubmit(,1)");
    expect(learned(lab)).toEqual([]);
  });
});

describe("learn(limit)", () => {
  it("makes no more rules than it says, tells so, and learns again when one went", async () => {
    const lab = await TestSwitch.start(3);
    await lab.add(
      "table=0,priority=1 actions=learn(table=1,limit=2,cookie=6,result_dst=NXM_NX_REG0[0],eth_type=0x800,ip_proto=17,udp_src,output:NXM_OF_IN_PORT[]),resubmit(,2)",
      "table=2,priority=1,reg0=1 actions=output:2",
      "table=2,priority=0 actions=output:3",
    );
    const learned = () => [...lab.bridge.tables.rules()].filter(({ table }) => table === 1).length;
    expect([1, 2, 3].map((port) => lab.portsOf(1, udpFrame(port)))).toEqual([[2], [2], [3]]);
    expect(learned()).toBe(2);
    expect(lab.portsOf(1, udpFrame(2))).toEqual([2]);
    await lab.delete("table=1,priority=32768,udp,tp_src=1");
    expect(lab.portsOf(1, udpFrame(3))).toEqual([2]);
    expect(lab.portsOf(1, udpFrame(1))).toEqual([3]);
    expect(learned()).toBe(2);
  });
});

describe("packets that go nowhere", () => {
  it("are counted as dropped by the fast path, the first of their megaflow too", async () => {
    const lab = await TestSwitch.start(2);
    await lab.add("priority=1,udp actions=drop", "priority=1,tcp actions=controller");
    const drops = (reason: string) => Number(lab.datapath.counters().drops.get(reason));
    for (let i = 1; i <= 4; i++) {
      lab.send(1, udpFrame(1));
      expect(drops("action")).toBe(i);
    }
    lab.sendAll([2, 3, 4].map((port) => [1, withMacs(udpFrame(port), MAC_B, MAC_A)]));
    expect(drops("action")).toBe(7);
    lab.send(1, synFrame(1)); // a controller got it
    expect(drops("action") + drops("slow_path")).toBe(7);
  });

  it("have the slow path's name when it cannot say where they belong", async () => {
    const lab = await TestSwitch.start(2);
    await lab.add("priority=1,udp actions=resubmit(,1)", "table=1 actions=resubmit(,0)");
    const drops = () => Number(lab.datapath.counters().drops.get("slow_path"));
    lab.send(1, udpFrame(1)); // a loop of resubmits
    expect(drops()).toBe(1);
    lab.datapath.addTestPort("stray", 77); // a port of no bridge
    lab.datapath.inject(77, udpFrame(1));
    lab.datapath.run();
    expect(drops()).toBe(2);
    expect(lab.switch.upcalls.statistics.dropped).toBe(1);
  });
});

describe("groups of all buckets", () => {
  it("count packets and bytes for each bucket, the first packet included", async () => {
    const lab = await TestSwitch.start(3);
    await lab.add("group_id=1,type=all,bucket=actions=output:2,bucket=actions=output:3", "priority=1 actions=group:1");
    const frame = udpFrame(1);
    for (let i = 0; i < 5; i++) expect(lab.portsOf(1, frame)).toEqual([2, 3]);
    lab.switch.revalidator.creditAll();
    for (const { statistics } of lab.bridge.group(1)!.buckets) {
      expect(statistics).toMatchObject({ packets: 5n, bytes: BigInt(5 * frame.length) });
    }
  });
});

describe("a bridge that is removed", () => {
  it("is gone with its ports, rules and megaflows", async () => {
    const lab = await TestSwitch.start(2);
    await lab.add("priority=1 actions=output:2");
    expect(lab.portsOf(1, udpFrame(1))).toEqual([2]);
    const { bridge } = lab;
    await lab.switch.removeBridge(bridge.name);
    expect([...lab.switch.bridges()]).toEqual([]);
    expect(lab.datapath.ports()).toEqual([]);
    expect([...bridge.tables.rules()]).toEqual([]);
    expect(lab.switch.megaflows.size).toBe(0);
  });
});

describe("a datapath without room", () => {
  /** Every new action program and bucket counter is refused, as when the arena is full. */
  function fill(lab: TestSwitch): void {
    const refuse = () => {
      throw new DatapathFullError("full");
    };
    lab.datapath.putFlow = refuse;
    lab.datapath.replaceActions = refuse;
    lab.datapath.allocateBucketCounters = refuse;
  }

  it("costs speed only: packets are forwarded, and by the rules of now", async () => {
    const lab = await TestSwitch.start(3);
    await lab.add("priority=1,udp actions=output:2", "priority=1,tcp actions=output:2");
    expect([lab.portsOf(1, udpFrame(1)), lab.portsOf(1, synFrame(1))]).toEqual([[2], [2]]);
    fill(lab);
    await lab.add("priority=1,udp actions=output:3", "priority=1,tcp actions=output:3");
    expect([lab.portsOf(1, udpFrame(1)), lab.portsOf(1, synFrame(1))]).toEqual([[3], [3]]);
    await lab.add(
      "group_id=1,type=select,selection_method=dp_hash,bucket=actions=output:2",
      "priority=2,udp actions=group:1",
    );
    expect(lab.portsOf(1, udpFrame(1))).toEqual([2]);
    await lab.switch.apply(
      lab.modifications(["group_id=1,type=select,selection_method=dp_hash,bucket=actions=output:3"]),
    );
    expect(lab.portsOf(1, udpFrame(1))).toEqual([3]);
    expect(lab.switch.megaflows.size).toBe(0);
    expect(lab.switch.megaflows.maskCount).toBe(0);
  });

  it("leaves no mask behind for megaflows beyond the limit", async () => {
    const lab = await TestSwitch.start(2, { flowLimit: 0 });
    await lab.add("priority=1,udp actions=output:2");
    lab.send(1, udpFrame(1));
    expect(lab.switch.megaflows.maskCount).toBe(0);
  });
});

describe("packet-ins", () => {
  it("carry the frame as the pipeline had it, its registers and its user data", async () => {
    const lab = await TestSwitch.start(2);
    const packetIns: { frame: Uint8Array; userdata: Uint8Array | undefined; table: number }[] = [];
    lab.switch.onPacketIn(({ frame, request }) =>
      packetIns.push({ frame, userdata: request.userdata, table: request.table }),
    );
    await lab.add(
      "table=0,priority=1 actions=set_field:02:00:00:00:00:77->eth_dst,resubmit(,9)",
      "table=9,priority=1 actions=controller(userdata=01.02.03),output:2",
    );
    for (let i = 0; i < 3; i++) expect(lab.portsOf(1, udpFrame(1))).toEqual([2]);
    expect(packetIns).toHaveLength(3);
    expect(packetIns[0]).toMatchObject({ userdata: Uint8Array.of(1, 2, 3), table: 9 });
    expect([...packetIns[0].frame.subarray(0, 6)]).toEqual([2, 0, 0, 0, 0, 0x77]);
  });

  it("are metered by the meter that the action names", async () => {
    const lab = await TestSwitch.start(2);
    let count = 0;
    lab.switch.onPacketIn(() => count++);
    await lab.switch.apply([
      {
        kind: "meter",
        command: "add",
        id: 5,
        config: { unit: "pktps", burst: true, stats: true, bands: [{ type: "drop", rate: 2, burst: 2 }] },
      },
    ]);
    await lab.add("priority=1 actions=controller(meter_id=5)");
    for (let i = 0; i < 50; i++) lab.send(1, udpFrame(i));
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(5);
  });
});

describe("meters", () => {
  it("of two bridges do not share a bucket of tokens", async () => {
    const lab = await TestSwitch.start(2);
    await lab.switch.ports.add({ kind: "test", name: "q1" }, { bridge: "br-ext", ofport: 1 });
    const meter = (rate: number) =>
      ({
        kind: "meter",
        command: "add",
        id: 1,
        config: { unit: "pktps", burst: true, stats: true, bands: [{ type: "drop", rate, burst: rate }] },
      }) as const;
    await lab.switch.apply([meter(1)]);
    await lab.switch.apply([meter(1000)], "br-ext");
    await lab.add("priority=1,in_port=1 actions=meter:1,output:2");
    const passed = Array.from({ length: 20 }, () => lab.portsOf(1, udpFrame(1)).length);
    expect(passed.reduce((sum, one) => sum + one)).toBeLessThan(3);
  });
});

describe("ports", () => {
  it("that lose their device are an event; megaflows through them go, the others stay", async () => {
    const lab = await TestSwitch.start(3);
    const events: string[] = [];
    lab.switch.ports.onChange((port, event) => events.push(`${port.name} ${event}`));
    await lab.add("priority=1,in_port=1 actions=output:2,output:3");
    expect(lab.portsOf(1, udpFrame(1))).toEqual([2, 3]);
    await lab.switch.ports.remove("p2");
    expect(lab.portsOf(1, udpFrame(1))).toEqual([3]);
    lab.datapath.setPortUp(lab.datapathPort(3), false);
    expect(events).toEqual(["p2 removed", "p3 down"]);
  });

  it.each([
    ["output:2,output:4", [2], [2, 4]],
    ["flood", [2, 3], [2, 3, 4]],
    ["group:1", [2], [4]],
    ["output:2,bundle(eth_src,0,active_backup,ofport,members:4,3)", [2, 3], [2, 4]],
  ])("that are added are used at once by what waited for them: %s", async (actions, before, after) => {
    const lab = await TestSwitch.start(3);
    await lab.add(
      "group_id=1,type=ff,bucket=watch_port=4,output:4,bucket=watch_port=2,output:2",
      `priority=1,in_port=1 actions=${actions}`,
    );
    expect(lab.portsOf(1, udpFrame(1))).toEqual(before);
    await lab.switch.ports.add({ kind: "test", name: "p4" }, { ofport: 4 });
    expect(lab.portsOf(1, udpFrame(1))).toEqual(after);
  });

  it("that are added cost the megaflows of others nothing", async () => {
    const lab = await TestSwitch.start(3);
    await lab.add("priority=1,in_port=1 actions=output:2");
    lab.send(1, udpFrame(1));
    const { translated } = lab.switch.revalidator.statistics;
    await lab.switch.ports.add({ kind: "test", name: "p4" });
    expect(lab.switch.revalidator.statistics.translated).toBe(translated);
  });

  it("of one name or number cannot be had twice", async () => {
    const lab = await TestSwitch.start(2);
    await expect(lab.switch.ports.add({ kind: "test", name: "p1" })).rejects.toThrow(/p1 is already on bridge/);
    await expect(lab.switch.ports.add({ kind: "test", name: "x" }, { ofport: 2 })).rejects.toThrow(/2 is taken by p2/);
    await expect(lab.switch.ports.add({ kind: "test", name: "x" }, { ofport: 0 })).rejects.toThrow(/not between/);
    await expect(lab.switch.ports.remove("nosuch")).rejects.toThrow(/no port named nosuch/);
  });

  it("joined by a patch lead packets from bridge to bridge", async () => {
    const lab = await TestSwitch.start(2);
    await lab.switch.ports.add({ kind: "test", name: "q1" }, { bridge: "br-ext", ofport: 7 });
    lab.switch.ports.addPatch("to-ext", "br-int", "to-int", "br-ext");
    await lab.add("priority=1,in_port=1 actions=set_field:02:00:00:00:00:55->eth_dst,output:to-ext");
    await lab.switch.apply(lab.modifications(["priority=1,dl_dst=02:00:00:00:00:55 actions=output:7"]), "br-ext");
    lab.send(1, udpFrame(1));
    const out = lab.datapath.takeTransmitted(lab.switch.bridge("br-ext").port(7)!.datapathPort!);
    // The first run collected br-int's ports only: the frame is still there.
    expect(out).toHaveLength(1);
    expect(out[0].bytes[5]).toBe(0x55);
  });
});

describe("fin_timeout", () => {
  const FIN_ACK = 0x11;
  const timeouts = (lab: TestSwitch): number[] => [...lab.bridge.tables.rules()].map(({ idleTimeout }) => idleTimeout);

  it.each(["the packet that makes the megaflow", "a later packet"])("shortens by FIN only, in %s", async (which) => {
    const lab = await TestSwitch.start(2);
    await lab.add("priority=1,tcp,idle_timeout=60 actions=fin_timeout(idle_timeout=5),output:2");
    if (which === "a later packet") {
      lab.send(1, synFrame(1));
      lab.switch.sweep();
      expect(timeouts(lab)).toEqual([60]);
    }
    lab.send(1, synFrame(1, FIN_ACK));
    lab.switch.sweep();
    expect(timeouts(lab)).toEqual([5]);
  });
});
