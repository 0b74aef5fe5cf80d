import { describe, expect, it } from "vitest";
import { formatMatch } from "../../../src/slowpath/flow/match-format.ts";
import { formatDatapathActions } from "../../../src/slowpath/odp/actions.ts";
import { RecirculationTable } from "../../../src/slowpath/translate/recirculation.ts";
import type { Translation } from "../../../src/slowpath/translate/translation.ts";
import { flowOf, ports, run, type Setup, TestBridge } from "./test-bridge.ts";

const tcp =
  "tcp,in_port=1,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80";
const arp =
  "arp,in_port=1,dl_src=00:00:00:00:00:01,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_op=1,arp_sha=00:00:00:00:00:01";
const icmp = "icmp,in_port=1,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,icmp_type=8";
const ns = "icmp6,in_port=1,ipv6_src=fe80::1,ipv6_dst=fe80::2,nw_ttl=255,icmp_type=135,nd_target=fe80::2";
const tagged = `${tcp},vlan_tci=0x1005`;

function bridge(...flows: string[]): TestBridge {
  return new TestBridge(ports(4)).addFlows(...flows);
}

function withActions(actions: string): TestBridge {
  return bridge(`actions=${actions}`, "table=1,actions=drop", "table=2,actions=output:2");
}

function megaflow(flow: Uint8Array, { wildcards }: Translation): string {
  const text = formatMatch({ value: flow.map((byte, i) => byte & wildcards[i]), mask: wildcards });
  return text.replace(/^recirc_id=0,eth,/, "").replace(/,vlan_tci=0x0000\/0x1fff/, "");
}

/** Bits that every IP megaflow has. */
const always = "ip,in_port=1,nw_frag=no";

describe("an action becomes datapath actions, and a megaflow that looks at no more than it must", () => {
  it.each<[actions: string, packet: string, expected: string, megaflow: string]>([
    ["output:2", tcp, "2", always],
    ["output:2,output:3", tcp, "2,3", always],
    ["output:1", tcp, "drop", always],
    ["output:9", tcp, "drop", always],
    ["in_port", tcp, "1", always],
    ["all", tcp, "2,3,4", always],
    ["output(port=3,max_len=64)", tcp, "trunc(64),3", always],
    ["set_field:5->reg0,output:reg0[0..15]", tcp, "drop", always],
    ["set_field:3->reg0,output:reg0[0..15]", tcp, "3", always],
    ["set_field:ANY->in_port,output:1", tcp, "1", always],
    [
      "mod_dl_dst:00:00:00:00:00:09,2",
      tcp,
      "set(eth(dst=00:00:00:00:00:09)),2",
      "ip,in_port=1,dl_dst=00:00:00:00:00:02,nw_frag=no",
    ],
    // A packet that has the value already needs no change, and another megaflow than those that do.
    ["mod_dl_dst:00:00:00:00:00:02,2", tcp, "2", "ip,in_port=1,dl_dst=00:00:00:00:00:02,nw_frag=no"],
    ["mod_nw_src:1.2.3.4,2", tcp, "set(ipv4(src=1.2.3.4)),2", "tcp,in_port=1,nw_src=10.0.0.1,nw_frag=no"],
    ["mod_nw_src:1.2.3.4,2", arp, "2", "arp,in_port=1"],
    [
      "set_field:0.0.0.7/0.0.0.255->ip_dst,2",
      tcp,
      "set(ipv4(dst=0.0.0.7/0.0.0.255)),2",
      "tcp,in_port=1,nw_dst=0.0.0.2/0.0.0.255,nw_frag=no",
    ],
    ["mod_tp_dst:8080,2", tcp, "set(tcp(dst=8080)),2", "tcp,in_port=1,nw_frag=no,tp_dst=80"],
    ["mod_tp_dst:8080,2", icmp, "2", "icmp,in_port=1,nw_frag=no"],
    ["dec_ttl,2", tcp, "set(ipv4(ttl=63)),2", "tcp,in_port=1,nw_ttl=64,nw_frag=no"],
    ["set_field:2->arp_op,2", arp, "set(arp(op=2)),2", "arp,in_port=1,arp_op=1"],
    [
      "set_field:0->icmp_type,2",
      icmp,
      "set(icmp(type=0,code=0)),2",
      "icmp,in_port=1,nw_frag=no,icmp_type=8,icmp_code=0",
    ],
    [
      "set_field:fe80::9->nd_target,2",
      ns,
      "set(nd(target=fe80::9)),2",
      "icmp6,in_port=1,nw_frag=no,icmp_type=135,icmp_code=0,nd_target=fe80::2",
    ],
    [
      "move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],2",
      tcp,
      "set(eth(dst=00:00:00:00:00:01)),2",
      "ip,in_port=1,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,nw_frag=no",
    ],
    ["push:NXM_OF_IP_SRC[],pop:NXM_NX_REG0[],2", tcp, "2", "ip,in_port=1,nw_src=10.0.0.1,nw_frag=no"],
    ["pop:NXM_NX_REG0[],2", tcp, "2", always],
    ["push_vlan:0x8100,2", tcp, "push_vlan(vid=0,pcp=0),2", "ip,in_port=1,vlan_tci=0x0000,nw_frag=no"],
    ["mod_vlan_vid:7,2", tcp, "push_vlan(vid=7,pcp=0),2", "ip,in_port=1,vlan_tci=0x0000,nw_frag=no"],
    ["set_vlan_vid:7,2", tcp, "2", always],
    ["strip_vlan,2", tcp, "2", "ip,in_port=1,vlan_tci=0x0000/0x1000,nw_frag=no"],
    ["strip_vlan,2", tagged, "pop_vlan,2", "ip,in_port=1,dl_vlan=5,dl_vlan_pcp=0,nw_frag=no"],
    [
      "mod_vlan_vid:7,2",
      tagged,
      "pop_vlan,push_vlan(vid=7,pcp=0),2",
      "ip,in_port=1,dl_vlan=5,dl_vlan_pcp=0,nw_frag=no",
    ],
    ["ct(commit,zone=5)", tcp, "ct(commit,zone=5)", always],
    ["ct(zone=5,nat,table=2)", tcp, "ct(zone=5,nat),recirc(0x1)", always],
    [
      "ct(commit,zone=1,nat(dst=9.9.9.9:80),exec(set_field:2/3->ct_mark)),2",
      tcp,
      "ct(commit,zone=1,mark=0x2/0x3,nat(dst=9.9.9.9:80)),2",
      always,
    ],
    ["ct(zone=NXM_OF_TCP_DST[])", tcp, "ct(zone=80)", "ip,in_port=1,nw_frag=no,tp_dst=80"],
    ["mod_nw_ttl:3,ct(commit)", tcp, "set(ipv4(ttl=3)),ct(commit)", "tcp,in_port=1,nw_ttl=64,nw_frag=no"],
    ["ct_clear,2", tcp, "2", always],
    [
      "clone(mod_dl_dst:00:00:00:00:00:09,2),3",
      tcp,
      "set(eth(dst=00:00:00:00:00:09)),2,set(eth(dst=00:00:00:00:00:02)),3",
      "ip,in_port=1,dl_dst=00:00:00:00:00:02,nw_frag=no",
    ],
    // One set from clone to clone, and none in between that brings back what the next one overwrites.
    [
      "clone(mod_nw_dst:1.1.1.1,2),clone(mod_nw_dst:2.2.2.2,3),4",
      tcp,
      "set(ipv4(dst=1.1.1.1)),2,set(ipv4(dst=2.2.2.2)),3,set(ipv4(dst=10.0.0.2)),4",
      "tcp,in_port=1,nw_dst=10.0.0.2,nw_frag=no",
    ],
    [
      "push:OXM_OF_IN_PORT[],pop:OXM_OF_IPV4_SRC[],2",
      tcp.replace("in_port=1", "in_port=LOCAL"),
      "set(ipv4(src=255.255.255.254)),2",
      "tcp,in_port=LOCAL,nw_src=10.0.0.1,nw_frag=no",
    ],
    [
      "move:OXM_OF_IN_PORT[16..31]->OXM_OF_IPV4_SRC[0..15],2",
      tcp.replace("in_port=1", "in_port=LOCAL"),
      "set(ipv4(src=0.0.255.255/0.0.255.255)),2",
      "tcp,in_port=LOCAL,nw_src=0.0.0.1/0.0.255.255,nw_frag=no",
    ],
    [
      "set_field:0xfffffffe->reg0,move:NXM_NX_REG0[]->OXM_OF_IN_PORT[],push:NXM_OF_IN_PORT[],pop:NXM_OF_TCP_DST[],2",
      tcp,
      "set(tcp(dst=65534)),2",
      "tcp,in_port=1,nw_frag=no,tp_dst=80",
    ],
    ["clone(ct(commit),2),3", tcp, "clone(ct(commit),2),3", always],
    ["3,clone(ct(commit),2)", tcp, "3,ct(commit),2", always],
    ["check_pkt_larger(1500)->NXM_NX_REG0[0],resubmit(,2)", tcp, "check_pkt_len(size=1500,gt(2),le(2))", always],
    [
      "write_actions(output:3,mod_nw_ttl:9),output:2",
      tcp,
      "2,set(ipv4(ttl=9)),3",
      "tcp,in_port=1,nw_ttl=64,nw_frag=no",
    ],
    ["write_actions(output:3),clear_actions,output:2", tcp, "2", always],
    ["write_actions(set_field:1->reg0)", tcp, "drop", always],
    ["goto_table:2", tcp, "2", always],
    ["exit,output:2", tcp, "drop", always],
    ["resubmit(,2),exit,resubmit(,2)", tcp, "2", always],
    ["note:01,set_queue:3,pop_queue,2", tcp, "2", always],
    ["multipath(nw_src,0,modulo_n,1,0,NXM_NX_REG0[0..7]),2", tcp, "2", "ip,in_port=1,nw_src=10.0.0.1,nw_frag=no"],
    ["bundle(eth_src,0,active_backup,ofport,members:9,3)", tcp, "3", always],
    [
      "push_mpls:0x8847,2",
      tcp,
      "push_mpls(label=0,tc=0,ttl=64,bos=1,eth_type=0x8847),2",
      "ip,in_port=1,nw_tos=0,nw_ttl=64,nw_frag=no",
    ],
    [
      "encap(mpls),set_mpls_label:2,encap(ethernet),mod_dl_dst:00:00:00:00:00:09,mod_dl_src:00:00:00:00:00:08,2",
      arp,
      "add_mpls(label=2,tc=0,ttl=64,bos=1,eth_type=0x8847),push_eth(src=00:00:00:00:00:08,dst=00:00:00:00:00:09),2",
      "arp,in_port=1,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:00",
    ],
    [
      "encap(mpls),set_mpls_label:2,encap(mpls),set_mpls_label:3,encap(ethernet),2",
      arp,
      "add_mpls(label=2,tc=0,ttl=64,bos=1,eth_type=0x8847),add_mpls(label=3,tc=0,ttl=64,bos=0,eth_type=0x8847)," +
        "push_eth(src=00:00:00:00:00:00,dst=00:00:00:00:00:00),2",
      "arp,in_port=1",
    ],
    [
      "decap,encap(mpls),set_mpls_label:2,encap(ethernet),mod_dl_dst:00:00:00:00:00:09,2",
      arp,
      "pop_eth,add_mpls(label=2,tc=0,ttl=64,bos=1,eth_type=0x8847),push_eth(src=00:00:00:00:00:00,dst=00:00:00:00:00:09),2",
      "arp,in_port=1,vlan_tci=0x0000/0x1000,dl_dst=00:00:00:00:00:00",
    ],
    // Without an Ethernet header it leaves by no port, and a copy that got one is a copy.
    ["decap,2", arp, "drop", "arp,in_port=1,vlan_tci=0x0000/0x1000"],
    [
      "clone(encap(mpls),encap(ethernet),2),3",
      arp,
      "clone(add_mpls(label=0,tc=0,ttl=64,bos=1,eth_type=0x8847),push_eth(src=00:00:00:00:00:00,dst=00:00:00:00:00:00),2),3",
      "arp,in_port=1",
    ],
  ])("%s of %s", (actions, packet, expected, expectedMegaflow) => {
    const flow = flowOf(packet);
    const translation = run({ bridge: withActions(actions) }, flow);
    expect(translation.error).toBeUndefined();
    expect(formatDatapathActions(translation.actions, { protocol: flow[39] })).toBe(expected);
    expect(megaflow(flow, translation)).toBe(expectedMegaflow);
  });
});

describe("packets for the controller", () => {
  it("come as a side effect, with the edits made so far, and keep the flow in the slow path", () => {
    const setup = { bridge: withActions("mod_nw_ttl:7,controller(userdata=01.02,max_len=128),output:2") };
    const { slow, effects, actions } = run(setup, tcp);
    expect(slow).toBe("controller");
    expect(formatDatapathActions(actions)).toBe("set(ipv4(ttl=7)),2");
    expect(effects).toHaveLength(1);
    expect(effects[0]).toMatchObject({
      type: "packet_in",
      packetIn: { reason: "action", table: 0, maxLength: 128, userdata: Uint8Array.of(1, 2) },
    });
  });

  it("say invalid_ttl when the TTL is used up, and the rest of the list does not run", () => {
    const { effects, actions } = run({ bridge: withActions("dec_ttl,output:2") }, tcp.replace("nw_ttl=64", "nw_ttl=1"));
    expect(effects).toMatchObject([{ type: "packet_in", packetIn: { reason: "invalid_ttl", controllerId: 0 } }]);
    expect(actions).toEqual([]);
  });

  it("come only from the branch that the packet takes", () => {
    const flows = [
      "actions=check_pkt_larger(100)->NXM_NX_REG0[0],resubmit(,1)",
      "table=1,reg0=1/1,actions=controller",
      "table=1,reg0=0/1,actions=output:2",
    ];
    const packet = { packetLength: 60, rssHash: 1 };
    const small = run({ bridge: bridge(...flows), packet }, tcp);
    expect(small.slow).toBe("controller");
    expect(small.effects).toEqual([]);
    expect(formatDatapathActions(small.actions)).toBe("2");
    const large = run({ bridge: bridge(...flows), packet: { ...packet, packetLength: 1000 } }, tcp);
    expect(large.effects).toHaveLength(1);
    expect(large.actions).toEqual([]);
  });

  it("with pause leave the rest of the pipeline frozen, to go on from when the controller resumes", () => {
    const recirculation = new RecirculationTable(() => 0);
    const setup: Setup = {
      bridge: withActions("set_field:2->reg0,controller(pause),output:reg0[0..15]"),
      recirculation,
    };
    const { effects, actions } = run(setup, tcp);
    expect(actions).toEqual([]);
    const effect = effects[0];
    const continuation = effect.type === "packet_in" ? effect.packetIn.continuation : undefined;
    expect(continuation).toBe(1);
    expect(formatDatapathActions(run({ ...setup, resume: continuation }, tcp).actions)).toBe("2");
  });

  it("come for table misses where the bridge wants that", () => {
    const missing = bridge("table=3,actions=drop");
    missing.misses = "controller";
    const { effects, missedTables } = run({ bridge: missing }, tcp);
    expect(missedTables).toEqual([0]);
    expect(effects).toMatchObject([{ packetIn: { reason: "implicit_miss", cookie: 0n, table: 0 } }]);
  });

  it("come from the last table where misses go on to the next", () => {
    const missing = bridge("table=3,in_port=77,actions=drop");
    missing.misses = "continue";
    const { effects } = run({ bridge: missing }, tcp);
    expect(effects).toMatchObject([{ packetIn: { reason: "implicit_miss", cookie: 0n, table: 253 } }]);
  });
});

describe("learn", () => {
  it("describes the rule, and its megaflow looks at what the rule is made of", () => {
    const text =
      "learn(table=2,priority=9,idle_timeout=3,fin_idle_timeout=1,cookie=0x5,eth_type=0x800,NXM_OF_IP_SRC[]=NXM_OF_IP_DST[],load:NXM_OF_IP_SRC[0..15]->NXM_NX_REG1[0..15],output:NXM_OF_IN_PORT[])";
    const flow = flowOf(tcp);
    const translation = run({ bridge: withActions(text) }, flow);
    expect(megaflow(flow, translation)).toBe("ip,in_port=1,nw_src=0.0.0.1/0.0.255.255,nw_dst=10.0.0.2,nw_frag=no");
    const [effect] = translation.effects;
    if (effect.type !== "learn") throw new Error("not learned");
    expect(formatMatch(effect.spec.match)).toBe("ip,nw_src=10.0.0.2");
    expect(effect.spec).toMatchObject({ table: 2, priority: 9, idleTimeout: 3, cookie: 5n });
    expect(effect.spec.actions.map(({ type }) => type)).toEqual(["fin_timeout", "set_field", "output"]);
  });
});

describe("limits", () => {
  it("a rule that resubmits to itself is given up, and the packet dropped", () => {
    const { error, actions } = run({ bridge: bridge("actions=output:2,resubmit(,0)") }, tcp);
    expect(error).toBe("Recursion too deep");
    expect(actions).toEqual([]);
  });

  it("a pipeline that branches without end is given up too", () => {
    const flows = Array.from({ length: 13 }, (_, n) => `table=${n},actions=resubmit(,${n + 1}),resubmit(,${n + 1})`);
    expect(run({ bridge: bridge(...flows, "table=13,actions=output:2") }, tcp).error).toBe("Too many resubmits");
  });

  it("an unknown recirculation id drops the packet", () => {
    expect(run({ bridge: bridge("actions=output:2") }, `recirc_id=7,${tcp}`).error).toBe("No recirculation context");
  });
});

describe("fragments", () => {
  const flows = ["priority=2,tcp,tp_dst=80,actions=output:2", "priority=1,actions=output:3"];
  const first = `${tcp},nw_frag=first`;

  it("hide their ports from the tables", () => {
    expect(formatDatapathActions(run({ bridge: bridge(...flows) }, first).actions)).toBe("3");
  });

  it("are dropped where the bridge says so, or left alone", () => {
    const dropping = bridge(...flows);
    dropping.fragments = "drop";
    expect(run({ bridge: dropping }, first).actions).toEqual([]);
    const matching = bridge(...flows);
    matching.fragments = "nx-match";
    expect(formatDatapathActions(run({ bridge: matching }, first).actions)).toBe("2");
  });
});
