import { describe, expect, it } from "vitest";
import { formatActions, parseActions } from "../../../src/slowpath/actions/list.ts";
import { formatPort } from "../../../src/slowpath/flow/port-text.ts";
import { portsNamed, recordedFiles } from "../reference.ts";

const ports = portsNamed({ 1: "veth1", 2: "veth3", 3: "veth5", 4: "ovn-master-0", 5: "ovn-slaver-0" });

function actionsIn(line: string): string[] {
  const parts = line.includes("group_id=") ? line.split(",bucket=").slice(1) : [line];
  return parts.flatMap((part) => /actions=(.*)$/.exec(part)?.[1] ?? []);
}

describe("recorded actions", () => {
  const files = recordedFiles("**/{ofctl-dump-flows*,ofctl-dump-groups*}.txt");
  it.each(files.map((file) => [file.path, file] as const))("of %s print as they were", (_, { lines }) => {
    const texts = new Set(lines.flatMap(actionsIn));
    expect(texts.size).toBeGreaterThan(0);
    for (const text of texts) {
      const named = /output:"?[a-z]/.test(text);
      expect(formatActions(parseActions(text, { ports }), named ? { ports } : {})).toBe(text);
    }
  });
});

describe("actions as people type them", () => {
  it.each([
    ["drop", "drop"],
    ["output:veth3", "output:2"],
    ["veth5", "output:3"],
    ["7", "output:7"],
    ["output:LOCAL,LOCAL,local", "LOCAL,LOCAL,LOCAL"],
    ["normal, flood,  all,in_port", "NORMAL,FLOOD,ALL,IN_PORT"],
    ["controller", "CONTROLLER:65535"],
    ["controller:128", "CONTROLLER:128"],
    ["controller(max_len=64,reason=no_match,id=3,pause)", "controller(reason=no_match,max_len=64,id=3,pause)"],
    ["controller(userdata=0102)", "controller(userdata=01.02)"],
    ["output(port=2,max_len=100)", "output(port=2,max_len=100)"],
    ["output:reg0[0..15]", "output:NXM_NX_REG0[0..15]"],
    ["mod_dl_src:00:11:22:33:44:55", "set_field:00:11:22:33:44:55->eth_src"],
    ["mod_dl_dst=00:11:22:33:44:55", "set_field:00:11:22:33:44:55->eth_dst"],
    ["mod_nw_src:10.0.0.1,mod_nw_dst:10.0.0.2", "set_field:10.0.0.1->ip_src,set_field:10.0.0.2->ip_dst"],
    ["mod_nw_tos:8,mod_nw_ecn:1,mod_nw_ttl:9", "set_field:8->nw_tos,set_field:1->nw_ecn,set_field:9->nw_ttl"],
    ["mod_tp_src:80,mod_tp_dst:0x50", "mod_tp_src:80,mod_tp_dst:80"],
    ["set_tunnel:0x2a", "set_field:0x2a->tun_id"],
    ["mod_vlan_vid:5,set_vlan_pcp:3,strip_vlan", "mod_vlan_vid:5,set_vlan_pcp:3,pop_vlan"],
    ["push_vlan:0x88a8,push_mpls:0x8847", "push_vlan:0x88a8,push_mpls:0x8847"],
    ["pop_mpls:0x800,dec_mpls_ttl,set_mpls_label(7)", "pop_mpls:0x0800,dec_mpls_ttl,set_field:7->mpls_label"],
    ["encap(mpls),encap(mpls_mc),encap(ethernet)", "encap(mpls),encap(mpls_mc),encap(ethernet)"],
    [
      "decap,decap(),decap(packet_type(ns=0,type=0)),decap(packet_type(ns=1,type=0x800))",
      "decap(),decap(),decap(packet_type(ns=0,type=0)),decap(packet_type(ns=1,type=0x800))",
    ],
    ["dec_ttl,dec_ttl(),dec_ttl(1,2)", "dec_ttl,dec_ttl(),dec_ttl(1,2)"],
    [
      "resubmit:2,resubmit(,3),resubmit(1,3),resubmit(2,),resubmit(,3,ct)",
      "resubmit:2,resubmit(,3),resubmit(1,3),resubmit:2,resubmit(,3,ct)",
    ],
    ["ct", "ct()"],
    ["ct(nat)", "ct(nat)"],
    ["ct(zone=5,commit,force,alg=ftp,table=3)", "ct(commit,force,table=3,zone=5,alg=ftp)"],
    [
      "ct(commit,nat(src=10.0.0.1-10.0.0.9:1000-2000,random,persistent))",
      "ct(commit,nat(src=10.0.0.1-10.0.0.9:1000-2000,persistent,random))",
    ],
    ["ct(commit,nat(dst=[fe80::1]:80))", "ct(commit,nat(dst=[fe80::1]:80))"],
    ["ct(commit,nat(dst=fe80::1-fe80::9,hash))", "ct(commit,nat(dst=fe80::1-fe80::9,hash))"],
    [
      "ct(commit,exec(load:1->ct_mark[3],set_field:2/2->ct_label))",
      "ct(commit,exec(load:0x1->NXM_NX_CT_MARK[3],set_field:0x2/0x2->ct_label))",
    ],
    ["load:0->reg1[],load:0xffff->reg2[16..31]", "load:0->NXM_NX_REG1[],load:0xffff->NXM_NX_REG2[16..31]"],
    [
      "move:eth_src->eth_dst,push:reg0[5],pop:reg1[6]",
      "move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],push:NXM_NX_REG0[5],pop:NXM_NX_REG1[6]",
    ],
    ["check_pkt_larger(1500)->reg0[1]", "check_pkt_larger(1500)->NXM_NX_REG0[1]"],
    ["conjunction(5,2/3)", "conjunction(5,2/3)"],
    ["clone(output:1,clone(2)),meter:3,note:0a.0B,exit", "clone(output:1,clone(output:2)),meter:3,note:0a.0b,exit"],
    ["fin_timeout(idle_timeout=3,hard_timeout=4)", "fin_timeout(idle_timeout=3,hard_timeout=4)"],
    ["multipath(nw_src,50,hrw,12,0,reg0[0..7])", "multipath(nw_src,50,hrw,12,0,NXM_NX_REG0[0..7])"],
    ["bundle(eth_src,0,hrw,ofport,members:1,2)", "bundle(eth_src,0,hrw,ofport,members:1,2)"],
    [
      "bundle_load(eth_src,0,active_backup,ofport,reg0[],slaves:1,2)",
      "bundle_load(eth_src,0,active_backup,ofport,NXM_NX_REG0[],members:1,2)",
    ],
    ["set_queue:7,pop_queue,enqueue:2:7", "set_queue:7,pop_queue,set_queue:7,output:2,pop_queue"],
    [
      "write_actions(output:1),clear_actions,write_metadata:5/7,goto_table:9",
      "write_actions(output:1),clear_actions,write_metadata:0x5/0x7,goto_table:9",
    ],
    ["delete_field:tun_metadata3", "delete_field:tun_metadata3"],
    [
      "learn(table=1,hard_timeout=9,dl_type=0x800,nw_src[]=nw_dst[],output:in_port[])",
      "learn(table=1,hard_timeout=9,eth_type=0x800,NXM_OF_IP_SRC[]=NXM_OF_IP_DST[],output:NXM_OF_IN_PORT[])",
    ],
    [
      "learn(limit=4,result_dst=reg0[0],reg1[0..7]=5)",
      "learn(table=1,limit=4,result_dst=NXM_NX_REG0[0],NXM_NX_REG1[0..7]=0x5)",
    ],
    [
      "sample(probability=9,collector_set_id=1,obs_domain_id=2,obs_point_id=3)",
      "sample(probability=9,collector_set_id=1,obs_domain_id=2,obs_point_id=3)",
    ],
  ])("%s", (typed, printed) => {
    expect(formatActions(parseActions(typed, { ports }))).toBe(printed);
    expect(formatActions(parseActions(printed, { ports }))).toBe(printed);
  });

  it("print ports by name when asked to", () => {
    expect(formatActions(parseActions("output:2,resubmit(3,4)"), { ports })).toBe("output:veth3,resubmit(veth5,4)");
    expect(formatPort(4, ports)).toBe('"ovn-master-0"');
  });
});

describe("actions that are refused", () => {
  it.each([
    ["frobnicate", "unknown action frobnicate"],
    ["drop,1", '"drop" must not be accompanied by any other action or instruction'],
    ["output:nowhere", "nowhere: output to unknown port"],
    ["output(port=1)", "output_trunc needs port and max_len"],
    ["output(port=1,max_len=3)", "max_len 3 is less than the minimum value 14"],
    ["set_field:1->eth_type", "eth_type is read-only"],
    ["set_field:1->nothing", "nothing is not a valid OXM field name"],
    ["set_field:1", "1: missing `->'"],
    ["set_field:1->", "missing field name following `->'"],
    ["load:0x100->reg0[0..3]", "value 0x100 does not fit into 4 bits"],
    ["move:reg0[0..3]->reg1[]", "source field is 4 bits wide but destination is 32 bits wide"],
    ["push_vlan:0x800", "0x800: not a valid VLAN ethertype"],
    ["mod_vlan_vid:5000", "5000: not a valid VLAN VID"],
    ["mod_nw_tos:3", "3: not a valid TOS"],
    ["ct(force)", '"force" flag requires "commit" flag.'],
    ["ct(frob)", 'invalid argument to "ct" action: `frob\''],
    ["ct(commit,exec(output:1))", "may only write ct_mark and ct_label"],
    ["ct(zone=reg0[0..7])", "zone reg0[0..7] is not 16 bits wide"],
    ["nat(src,dst)", 'May only specify one of "src" or "dst".'],
    ["nat(src=1.1.1.1-1.1.1.0)", 'invalid nat range "1.1.1.1-1.1.1.0"'],
    ["nat(random)", 'Flags allowed only with "src" or "dst".'],
    ["resubmit()", 'at least one "in_port" or "table" must be specified on resubmit'],
    ["resubmit(nowhere,1)", "nowhere: resubmit to unknown port"],
    ["conjunction(1,1/1)", "conjunction must have at least 2 clauses"],
    ["conjunction(1,3/2)", "clause index must be less than or equal to number of clauses"],
    ["clone(output:1", "missing closing parenthesis"],
    ["output:1)", "unexpected closing parenthesis"],
    ["check_pkt_larger(10)->reg0", "Only 1-bit destination field is allowed"],
    [
      "multipath(eth_src,0,hrw,300,0,reg0[0..7])",
      "8-bit destination field has 256 possible values, less than specified n_links 300",
    ],
    ["learn(frob=1)", "unknown keyword frob"],
    ["controller(reason=why)", 'unknown reason "why"'],
    ["group:x", 'invalid group id "x"'],
    ["delete_field:reg0", "only tun_metadata fields can be deleted"],
  ])("%s", (text, sentence) => {
    expect(() => parseActions(text)).toThrow(sentence);
  });
});
