import { describe, expect, it } from "vitest";
import { KEY_NW_SRC, KEY_TP_DST } from "../../../assembly/layout/key.ts";
import type { DatapathAction } from "../../../src/fastpath/datapath-action.ts";
import { formatDatapathActions, parseDatapathActions } from "../../../src/slowpath/odp/actions.ts";

describe("datapath actions", () => {
  it.each([
    "drop",
    "1,2,3",
    "ct",
    "ct(zone=5)",
    "ct(commit,zone=2,mark=0x2/0x2,nat(dst=1.1.1.100:8000))",
    "ct(force_commit,zone=2,mark=0x7/0xffffffff,label=0x1/0xf,helper=ftp,timeout=3)",
    "ct(commit,nat(src=1.1.1.1-1.1.1.9:1000-2000,persistent,random))",
    "ct(commit,nat(src=fd00::1-fd00::9,hash))",
    "ct(commit,nat(dst=[fd00::1]:80))",
    "ct(zone=1,nat),recirc(0x5)",
    "ct_clear,hash(sym_l4(3)),recirc(0x10)",
    "set(eth(src=00:00:00:00:10:00,dst=aa:aa:aa:11:11:aa)),set(ipv4(ttl=63)),1",
    "set(eth(dst=01:00:00:00:00:00/01:00:00:00:00:00))",
    "set(ipv4(src=10.0.0.1,dst=10.0.0.2,tos=0x4/0xfc))",
    "set(ipv6(src=fd00::1,label=0x1,tclass=0x8,hlimit=3))",
    "set(tcp(src=80,dst=81))",
    "set(icmp(type=0,code=0))",
    "set(arp(sip=1.1.1.1,tip=2.2.2.2,op=2,sha=00:00:00:00:00:01,tha=00:00:00:00:00:02))",
    "set(nd(target=fe80::1,sll=00:00:00:00:00:01))",
    "set(nd_ext(nd_options_type=2))",
    "set(vlan(vid=7,pcp=1))",
    "set(skb_mark(0x5)),set(skb_priority(0x1))",
    "set(tunnel(tun_id=0x1,dst=1.1.1.1,ttl=64,flags(+df+csum+key)))",
    "set(mpls(label=5,tc=1,ttl=64,bos=1))",
    "push_vlan(vid=10,pcp=3),pop_vlan",
    "push_vlan(tpid=0x88a8,vid=10,pcp=0)",
    "push_mpls(label=5,tc=0,ttl=64,bos=1,eth_type=0x8847),pop_mpls(eth_type=0x800)",
    "add_mpls(label=2,tc=0,ttl=64,bos=1,eth_type=0x8847),push_eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),1",
    "pop_eth,add_mpls(label=2,tc=0,ttl=64,bos=1,eth_type=0x8848),push_eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02)",
    "userspace(pid=0,slow_path(action))",
    "userspace(pid=0,controller(reason=1,dont_send=0,continuation=0,recirc_id=32,rule_cookie=0x6b1a60df,controller_id=0,max_len=65535))",
    "sample(sample=50.0%,actions(1,meter(2)))",
    "clone(set(ipv4(ttl=1)),2),3",
    "trunc(100),1",
    "check_pkt_len(size=1500,gt(drop),le(1,2))",
    "meter(7),1",
    "tnl_pop(4)",
    "tnl_push(tnl_port(vxlan_sys_4789),header(size=50,type=4,eth(dst=00:00:00:00:00:01,src=00:00:00:00:00:02,dl_type=0x0800)," +
      "ipv4(src=1.1.1.1,dst=1.1.1.2,proto=17,tos=0,ttl=64,frag=0x4000),udp(src=0,dst=4789,csum=0),vxlan(flags=0x8000000,vni=0x7)),out_port(5))",
    "tnl_push(tnl_port(genev_sys_6081),header(size=70,type=5,eth(dst=00:00:00:00:00:01,src=00:00:00:00:00:02,dl_type=0x86dd)," +
      "ipv6(src=fd00::1,dst=fd00::2,label=0,proto=17,tclass=0x2,hlimit=64),udp(src=0,dst=6081,csum=0xffff),geneve(oam,vni=0x7)),out_port(5))",
    "select(dp_hash(basis=0,alg=l4),bucket(id=0,weight=100,actions(ct(zone=2,nat),recirc(0x3))),bucket(id=1,weight=50,dead,actions(drop)))",
    "select(hash(param=7,fields(ip_src,tcp_dst=65280)),bucket(id=3,weight=1,actions(1)))",
  ])("%s", (text) => {
    expect(formatDatapathActions(parseDatapathActions(text))).toBe(text);
  });

  it("name the protocol of the flow they stand in", () => {
    const actions = parseDatapathActions("set(tcp(dst=80))");
    expect(formatDatapathActions(actions, { protocol: 17 })).toBe("set(udp(dst=80))");
    expect(formatDatapathActions(parseDatapathActions("set(icmp(code=1))"), { protocol: 58 })).toBe(
      "set(icmpv6(code=1))",
    );
  });

  it("give drops their reason when asked", () => {
    const drop: DatapathAction[] = [{ type: "drop", reason: 18 }];
    expect(formatDatapathActions(drop)).toBe("drop");
    expect(formatDatapathActions(drop, { dropReason: (reason) => `reason ${reason}` })).toBe("drop(reason 18)");
  });

  it("hold values as the fast path wants them", () => {
    expect(
      parseDatapathActions(
        "set(eth(src=00:00:00:00:00:01)),ct(mark=0x2/0x3),select(hash(param=1,fields(ip_src,udp_dst)))",
      ),
    ).toEqual([
      {
        type: "set",
        target: "ethernet",
        value: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
        mask: Uint8Array.of(0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255),
      },
      { type: "ct", zone: 0, mark: { value: Uint8Array.of(0, 0, 0, 2), mask: Uint8Array.of(0, 0, 0, 3) } },
      {
        type: "select",
        method: {
          kind: "fields",
          param: 1n,
          fields: [
            { keyOffset: KEY_NW_SRC, mask: new Uint8Array(4).fill(0xff) },
            { keyOffset: KEY_TP_DST, mask: new Uint8Array(2).fill(0xff) },
          ],
        },
        buckets: [],
      },
    ]);
  });

  it.each([
    ["nosuch", "no such datapath port"],
    ["nosuch(1)", "unknown action"],
    ["ct(nat(src=1.2.3))", "not a range of addresses and ports"],
    ["ct(zone=x)", "zone must be a number"],
    ["set(foo(1))", "unknown field"],
    ["hash(l7(0))", "unknown algorithm"],
    ["check_pkt_len(size=1,gt(1))", "le is missing"],
    ["sample(sample=half,actions(1))", "sample must be a percentage"],
    ["select(rr(),bucket(id=0,weight=1,actions(1)))", "unknown selection method"],
    ["userspace(pid=0)", "slow_path or controller expected"],
  ])("%s is refused", (text, sentence) => {
    expect(() => parseDatapathActions(text)).toThrow(sentence);
  });
});
