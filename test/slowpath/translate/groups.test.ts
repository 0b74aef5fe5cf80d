import { describe, expect, it } from "vitest";
import { KEY_DP_HASH, KEY_NW_SRC, KEY_TP_SRC } from "../../../assembly/layout/key.ts";
import { formatDatapathActions } from "../../../src/slowpath/odp/actions.ts";
import { RecirculationTable } from "../../../src/slowpath/translate/recirculation.ts";
import { traceText } from "../../../src/slowpath/translate/trace-text.ts";
import { tcpFrame } from "../../fastpath/match.ts";
import { TestSwitch } from "../../model/test-switch.ts";
import { recordedFiles } from "../reference.ts";
import { flowOf, ports, run, TestBridge } from "./test-bridge.ts";

const tcp = "tcp,in_port=1,dl_src=00:00:00:00:00:01,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80";

function bridge(group: string, actions = "group:1", down: readonly number[] = []): TestBridge {
  const all = ports(5).map((port) => (down.includes(port.number) ? { ...port, up: false } : port));
  return new TestBridge(all)
    .addGroups(`group_id=1,${group}`)
    .addFlows(`actions=${actions}`, "table=1,actions=output:4");
}

function text(test: TestBridge, packet: string | Uint8Array = tcp, select: "one-pass" | "recirculate" = "one-pass") {
  const translation = run({ bridge: test, select }, packet);
  return formatDatapathActions(translation.actions, { protocol: 6 });
}

describe("groups", () => {
  it("of type all give each bucket its own copy, and the packet goes on unchanged", () => {
    const group = "type=all,bucket=actions=mod_nw_ttl:3,output:2,bucket=actions=output:3";
    expect(text(bridge(group, "group:1,output:4"))).toBe("set(ipv4(ttl=3)),2,set(ipv4(ttl=64)),3,4");
  });

  it("of type indirect run their bucket", () => {
    expect(text(bridge("type=indirect,bucket=actions=output:3"))).toBe("3");
  });

  it("of type fast_failover take the first bucket that is alive", () => {
    const group = "type=ff,bucket=watch_port:2,actions=output:2,bucket=watch_port:3,actions=output:3";
    expect(text(bridge(group))).toBe("2");
    expect(text(bridge(group, "group:1", [2]))).toBe("3");
    expect(text(bridge(group, "group:1", [2, 3]))).toBe("drop");
  });

  it("count the buckets that the slow path chose, and the groups gone through", () => {
    const test = bridge("type=all,bucket=actions=output:2,bucket=actions=output:3");
    const { groups, buckets } = run({ bridge: test }, tcp);
    expect(groups).toEqual([1]);
    expect(buckets).toEqual(test.group(1)?.buckets);
  });

  it("run a bucket's actions in the order of an action set", () => {
    const group = "type=indirect,bucket=actions=output:2,mod_nw_ttl:9,push_vlan:0x8100";
    expect(text(bridge(group))).toBe("set(ipv4(ttl=9)),push_vlan(vid=0,pcp=0),2");
  });
});

describe("buckets that are not chosen", () => {
  it.each([
    ["type=ff,bucket=watch_port:2,output:2,bucket=watch_port:3,output:3", ["0: not live due to port 2"]],
    [
      "type=select,selection_method=hash,fields(ip_src),bucket=watch_port:2,output:2,bucket=weight:0,output:3",
      ["0: not live due to port 2", "1: not live due to "],
    ],
  ])("are in the trace of %s as OVS says it", (group, expected) => {
    const trace = traceText({
      bridge: bridge(group, "group:1", [2]),
      flow: flowOf(tcp),
      recirculation: new RecirculationTable(() => 0),
      select: "recirculate",
    });
    const told = trace.split("\n").filter((line) => line.includes("not live"));
    expect(told).toEqual(expected.map((text) => `     -> bucket ${text}`));
  });
});

describe("select groups whose buckets have no weight", () => {
  // Open vSwitch 3.1, by ofproto/trace: the packet is dropped, whatever the method.
  it.each([
    "selection_method=dp_hash,bucket=weight:0,output:2",
    "selection_method=dp_hash,bucket=weight:0,output:2,bucket=weight:0,output:3",
    "bucket=weight:0,output:2",
    "selection_method=hash,fields(ip_src),bucket=weight:0,output:2,bucket=weight:0,output:3",
    "selection_method=hash,fields(ip_src),bucket=weight:0,watch_port:3,output:2",
  ])("%s: drop", (group) => {
    expect(text(bridge(`type=select,${group}`), tcp, "recirculate")).toBe("drop");
  });

  it("drop in one pass too, with a reason", async () => {
    for (const method of ["dp_hash", "hash,fields(ip_src)"]) {
      const made = await TestSwitch.start(2, { select: "one-pass" });
      await made.add(`group_id=1,type=select,selection_method=${method},bucket=weight:0,output:2`, "actions=group:1");
      expect(made.portsOf(1, tcpFrame())).toEqual([]);
      expect(made.portsOf(1, tcpFrame())).toEqual([]);
      const { drops } = made.datapath.counters();
      expect(drops.get("no_bucket")! + drops.get("action")!).toBe(2n);
    }
  });

  it("leave all packets to those that have one", () => {
    const group = "type=select,selection_method=hash,fields(ip_src),bucket=weight:0,output:2,bucket=weight:5,output:3";
    expect(text(bridge(group), tcp, "recirculate")).toBe("3");
  });
});

const twoOutputs = "bucket=bucket_id:0,weight:100,actions=output:2,bucket=bucket_id:1,weight:100,actions=output:3";

describe("select groups in one pass", () => {
  it("hold every bucket's program, and look at what any of them looks at", () => {
    const group =
      "type=select,selection_method=dp_hash,bucket=bucket_id:0,weight:1,actions=mod_nw_ttl:3,output:2,bucket=bucket_id:1,weight:1,actions=output:3";
    const { actions, wildcards, buckets } = run({ bridge: bridge(group, "group:1,output:4") }, tcp);
    expect(actions).toMatchObject([
      {
        type: "select",
        method: { kind: "dp_hash", basis: 0, algorithm: "l4" },
        buckets: [
          {
            id: 0,
            weight: 1,
            alive: true,
            actions: [
              { type: "set", target: "ipv4" },
              { type: "output", port: 2 },
            ],
          },
          { id: 1, weight: 1, alive: true, actions: [{ type: "output", port: 3 }] },
        ],
      },
      // The packet as it was before the group.
      { type: "output", port: 4 },
    ]);
    expect(wildcards[57]).toBe(0xff);
    expect(buckets).toEqual([]);
  });

  it("commit what is pending before the choice, not in each bucket", () => {
    const test = bridge(`type=select,${twoOutputs}`, "mod_nw_ttl:5,group:1");
    const { actions } = run({ bridge: test }, tcp);
    expect(actions.map(({ type }) => type)).toEqual(["set", "select"]);
  });

  it("without a method use the symmetric hash that OVS takes by default", () => {
    expect(run({ bridge: bridge(`type=select,${twoOutputs}`) }, tcp).actions).toMatchObject([
      { method: { kind: "dp_hash", basis: 0, algorithm: "sym_l4" } },
    ]);
  });

  it("count a port that a controller has put down as dead", () => {
    const test = bridge("type=ff,bucket=watch_port:2,actions=output:2,bucket=watch_port:3,actions=output:3");
    expect(run({ bridge: test }, tcp).actions).toEqual([{ type: "output", port: 2 }]);
    Object.assign(test.port(2)!, { down: true });
    expect(run({ bridge: test }, tcp).actions).toEqual([{ type: "output", port: 3 }]);
  });

  it("leave dead buckets without a program", () => {
    const group = "type=select,bucket=watch_port:2,actions=output:2,bucket=actions=output:3";
    const [action] = run({ bridge: bridge(group, "group:1", [2]) }, tcp).actions;
    expect(action).toMatchObject({ buckets: [{ alive: false, actions: [] }, { alive: true }] });
  });

  it("hash fields of the packet where the key has them", () => {
    const group = `type=select,selection_method=hash,selection_method_param=7,fields(ip_src=255.255.255.0,tcp_src),${twoOutputs}`;
    expect(run({ bridge: bridge(group) }, tcp).actions).toMatchObject([
      {
        method: {
          kind: "fields",
          param: 7n,
          fields: [
            { keyOffset: KEY_NW_SRC, mask: Uint8Array.of(255, 255, 255, 0) },
            { keyOffset: KEY_TP_SRC, mask: Uint8Array.of(255, 255) },
          ],
        },
      },
    ]);
  });

  it("leave out fields that the packet does not have", () => {
    const group = `type=select,selection_method=hash,fields(ip_src,udp_src),${twoOutputs}`;
    expect(run({ bridge: bridge(group) }, tcp).actions).toMatchObject([
      { method: { fields: [{ keyOffset: KEY_NW_SRC }] } },
    ]);
  });
});

describe("select groups as OVS does them", () => {
  it("ask for the hash first, then choose by its low bits", () => {
    const test = bridge(`type=select,selection_method=dp_hash,${twoOutputs}`, "group:1,output:4");
    const setup = { bridge: test, select: "recirculate", recirculation: new RecirculationTable(() => 0) } as const;
    const first = run(setup, tcp);
    expect(formatDatapathActions(first.actions)).toBe("hash(l4(0)),recirc(0x1)");
    const second = flowOf(`recirc_id=1,${tcp}`);
    second.set([0x12, 0x34, 0x56, 0x71], KEY_DP_HASH);
    const translation = run(setup, second);
    expect(formatDatapathActions(translation.actions)).toBe("3,4");
    expect([...translation.wildcards.subarray(KEY_DP_HASH, KEY_DP_HASH + 4)]).toEqual([0, 0, 0, 0x0f]);
    expect(translation.buckets).toEqual([test.group(1)?.buckets[1]]);
  });

  it("choose by fields here, with the fields in the megaflow", () => {
    const group = `type=select,selection_method=hash,fields(ip_src,tcp_src),${twoOutputs}`;
    const { wildcards, actions } = run({ bridge: bridge(group), select: "recirculate" }, tcp);
    expect(actions).toHaveLength(1);
    expect([...wildcards.subarray(KEY_NW_SRC, KEY_NW_SRC + 4)]).toEqual([255, 255, 255, 255]);
    expect([...wildcards.subarray(KEY_TP_SRC, KEY_TP_SRC + 2)]).toEqual([255, 255]);
  });

  const vectors: Record<string, string | number>[] = JSON.parse(
    recordedFiles("hash/fields_hash.json")[0].lines.join("\n"),
  );
  it(`choose the bucket that OVS chose in all ${vectors.length} recorded cases of field hashing`, () => {
    const nameOf: Record<string, string> = { tp_src: "tcp_src", tp_dst: "tcp_dst" };
    for (const vector of vectors) {
      const fields = String(vector.fields).split(",");
      const group = `type=select,selection_method=hash,fields(${fields.map((name) => nameOf[name] ?? name).join()}),${twoOutputs}`;
      const packet = `tcp,in_port=1,dl_src=${vector.eth_src ?? "00:00:00:00:00:01"},nw_src=${vector.ip_src ?? "1.1.1.1"},nw_dst=${vector.ip_dst ?? "1.1.1.2"},tp_src=${vector.tp_src ?? 1},tp_dst=${vector.tp_dst ?? 2}`;
      expect(text(bridge(group), packet, "recirculate"), JSON.stringify(vector)).toBe(vector.bucket === 0 ? "2" : "3");
    }
  });
});
