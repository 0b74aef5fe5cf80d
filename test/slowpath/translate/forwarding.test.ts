import { describe, expect, it } from "vitest";
import { KEY_TUN_DST, KEY_TUN_ID, KEY_TUN_TTL } from "../../../assembly/layout/key.ts";
import { formatDatapathActions } from "../../../src/slowpath/odp/actions.ts";
import type { BridgePort, PortVlan } from "../../../src/slowpath/translate/bridge.ts";
import { jenkinsHash } from "../../../src/slowpath/translate/flow-hash.ts";
import { flowOf, ports, run, TestBridge } from "./test-bridge.ts";

const packet =
  "ip,in_port=1,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_proto=99,nw_ttl=64";

function bridgeOf(vlans: Record<number, PortVlan> = {}): TestBridge {
  const all = ports(4).map((port): BridgePort => (vlans[port.number] ? { ...port, vlan: vlans[port.number] } : port));
  return new TestBridge(all).addFlows("actions=normal");
}

function text(bridge: TestBridge, from = packet): string {
  return formatDatapathActions(run({ bridge }, from).actions);
}

const access = (tag: number): PortVlan => ({ mode: "access", tag });
const trunk = (...trunks: number[]): PortVlan => ({ mode: "trunk", tag: 0, trunks: new Set(trunks) });

describe("NORMAL", () => {
  it("floods what it has not learned, and teaches the source", () => {
    const { actions, effects, usesMacLearning } = run({ bridge: bridgeOf() }, packet);
    expect(formatDatapathActions(actions)).toBe("2,3,4");
    expect(effects).toEqual([
      { type: "learn_mac", bridge: "br-int", vlan: 0, mac: Uint8Array.of(0, 0, 0, 0, 0, 1), port: 1 },
    ]);
    expect(usesMacLearning).toBe(true);
  });

  it("sends to the port where the destination was seen, and nowhere when that is where it came from", () => {
    const bridge = bridgeOf();
    bridge.learned.set("0 0,0,0,0,0,2", 3);
    expect(text(bridge)).toBe("3");
    bridge.learned.set("0 0,0,0,0,0,2", 1);
    expect(text(bridge)).toBe("drop");
  });

  it("keeps VLANs apart: untagged on access ports, tagged on trunks", () => {
    const bridge = bridgeOf({ 1: access(10), 2: access(10), 3: trunk(10, 20), 4: access(20) });
    expect(text(bridge)).toBe("2,push_vlan(vid=10,pcp=0),3");
    expect(text(bridge, packet.replace("in_port=1", "in_port=3,dl_vlan=10"))).toBe("pop_vlan,1,2");
    expect(text(bridge, packet.replace("in_port=1", "in_port=3,dl_vlan=30"))).toBe("drop");
    expect(text(bridge, packet.replace("in_port=1", "in_port=1,dl_vlan=10"))).toBe("drop");
  });

  it("gives untagged packets of a native VLAN its number", () => {
    const bridge = bridgeOf({
      1: { mode: "native-untagged", tag: 10 },
      2: { mode: "native-tagged", tag: 10 },
      3: access(10),
      4: access(20),
    });
    expect(text(bridge)).toBe("push_vlan(vid=10,pcp=0),2,pop_vlan,3");
  });

  it("drops what is addressed to reserved multicast", () => {
    expect(text(bridgeOf(), packet.replace("dl_dst=00:00:00:00:00:02", "dl_dst=01:80:c2:00:00:00"))).toBe("drop");
  });

  it("does not learn from multicast sources", () => {
    const from = packet.replace("dl_src=00:00:00:00:00:01", "dl_src=01:00:00:00:00:01");
    expect(run({ bridge: bridgeOf() }, from).effects).toEqual([]);
  });
});

describe("NORMAL for a controller's packets", () => {
  it("floods them to all ports, and learns nothing", () => {
    const { actions, effects } = run({ bridge: bridgeOf() }, packet.replace("in_port=1", "in_port=NONE"));
    expect(formatDatapathActions(actions)).toBe("1,2,3,4");
    expect(effects).toEqual([]);
  });
});

describe("ports' configuration", () => {
  it("no-flood, no-forward and no-receive are obeyed", () => {
    const all = ports(4);
    const set = [{ ...all[0] }, { ...all[1], noFlood: true }, { ...all[2], noForward: true }, all[3]];
    expect(text(new TestBridge(set).addFlows("actions=flood"))).toBe("4");
    expect(text(new TestBridge(set).addFlows("actions=all"))).toBe("2,4");
    const deaf = [{ ...all[0], noReceive: true }, ...all.slice(1)];
    expect(text(new TestBridge(deaf).addFlows("actions=all"))).toBe("drop");
  });
});

describe("patch ports", () => {
  function joined(left: string[], right: string[]): TestBridge {
    const patch = (peer: () => TestBridge): BridgePort => ({
      number: 9,
      name: "patch",
      up: true,
      get peer() {
        return { bridge: peer(), port: 9 };
      },
    });
    const far: TestBridge = new TestBridge([...ports(2, 20), patch(() => near)], "far");
    const near: TestBridge = new TestBridge([...ports(3), patch(() => far)], "near");
    far.addFlows(...right);
    return near.addFlows(...left);
  }

  it("lead into the other bridge, whose changes do not come back", () => {
    const bridge = joined(["actions=output:9,output:2"], ["in_port=9,actions=mod_nw_ttl:5,output:1"]);
    expect(text(bridge)).toBe("set(ipv4(ttl=5)),21,set(ipv4(ttl=64)),2");
  });

  it("carry no registers over", () => {
    const bridge = joined(
      ["actions=set_field:7->reg0,set_field:1->metadata,output:9"],
      ["priority=2,reg0=0,metadata=0,actions=output:1", "priority=1,actions=output:2"],
    );
    expect(text(bridge)).toBe("21");
  });

  it("isolate connection tracking of the other bridge", () => {
    const bridge = joined(["actions=output:9,output:2"], ["actions=ct(commit,zone=3),output:1"]);
    expect(text(bridge)).toBe("clone(ct(commit,zone=3),21),2");
  });

  it("end in an error when they lead round in a circle", () => {
    const circle = ["actions=set_field:ANY->in_port,output:9"];
    expect(run({ bridge: joined(circle, circle) }, packet).error).toBe("Recursion too deep");
  });
});

describe("tunnel ports", () => {
  const options = { local: "flow", ttl: 64, tos: 0, dontFragment: true, checksum: true } as const;

  function tunnelled(tunnel: BridgePort["tunnel"], actions: string): TestBridge {
    return new TestBridge([...ports(2), { number: 5, name: "geneve", datapathPort: 7, up: true, tunnel }]).addFlows(
      `actions=${actions}`,
    );
  }

  it("set the tunnel's metadata from their options and the flow", () => {
    const remote = Uint8Array.of(172, 31, 0, 2);
    const { actions } = run(
      { bridge: tunnelled({ ...options, remote, key: "flow" }, "set_tunnel:0x2a,output:5") },
      packet,
    );
    expect(actions.map(({ type }) => type)).toEqual(["set", "output"]);
    const [set] = actions;
    if (set.type !== "set") throw new Error("no set action");
    expect(set.target).toBe("tunnel");
    expect(set.value[7]).toBe(0x2a);
    expect([...set.value.subarray(KEY_TUN_DST - KEY_TUN_ID, KEY_TUN_DST - KEY_TUN_ID + 4)]).toEqual([172, 31, 0, 2]);
    expect(set.value[KEY_TUN_TTL - KEY_TUN_ID]).toBe(64);
  });

  it("hand encapsulation to whoever knows the routes", () => {
    const encapsulate = () => [{ type: "output", port: 99 } as const];
    const remote = Uint8Array.of(172, 31, 0, 2);
    expect(text(tunnelled({ ...options, remote, key: 5n, encapsulate }, "output:5"))).toBe("99");
  });

  it("send nothing when the flow names no remote end", () => {
    expect(text(tunnelled({ ...options, remote: "flow", key: "none" }, "output:5"))).toBe("drop");
    expect(
      text(tunnelled({ ...options, remote: "flow", key: "none" }, "set_field:9.9.9.9->tun_dst,output:5")),
    ).toContain("7");
  });
});

describe("the hash of multipath", () => {
  // Published with lookup3.c by its author.
  it.each([
    ["", 0, 0xdeadbeef],
    ["", 0xdeadbeef, 0xbd5b7dde],
    ["Four score and seven years ago", 0, 0x17770551],
    ["Four score and seven years ago", 1, 0xcd628161],
  ])("of %j with basis %d", (words, basis, hash) => {
    expect(jenkinsHash(Buffer.from(words), basis)).toBe(hash);
  });

  it("is the same for both directions where it says symmetric", () => {
    const bridge = new TestBridge(ports(9)).addFlows(
      "actions=multipath(symmetric_l3l4,7,modulo_n,8,0,NXM_NX_REG0[0..15]),resubmit(,1)",
      ...Array.from({ length: 8 }, (_, n) => `table=1,reg0=${n},actions=output:${n + 2}`),
    );
    const there =
      "tcp,in_port=1,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,nw_src=1.1.1.1,nw_dst=2.2.2.2,tp_src=5,tp_dst=80";
    const back =
      "tcp,in_port=1,dl_src=00:00:00:00:00:02,dl_dst=00:00:00:00:00:01,nw_src=2.2.2.2,nw_dst=1.1.1.1,tp_src=80,tp_dst=5";
    expect(formatDatapathActions(run({ bridge }, there).actions)).toBe(
      formatDatapathActions(run({ bridge }, flowOf(back)).actions),
    );
  });
});
