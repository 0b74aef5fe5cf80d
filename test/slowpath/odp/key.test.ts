import { describe, expect, it } from "vitest";
import { KEY_CT_STATE, KEY_NW_SRC, KEY_SIZE, KEY_VLAN_TCI0, KEY_VLAN_TPID0 } from "../../../assembly/layout/key.ts";
import { exactKey, formatKey, parseKey } from "../../../src/slowpath/odp/key.ts";

const port = "in_port(1),packet_type(ns=0,id=0)";

describe("keys", () => {
  it.each([
    `recirc_id(0),${port},eth_type(0x0800),ipv4(src=10.0.0.0/255.0.0.0,proto=17,tos=0xb8,ttl=64,frag=first),udp(dst=53)`,
    `recirc_id(0),${port},eth_type(0x0800),ipv4(proto=6,frag=no),tcp(src=0/0xff00),tcp_flags(+syn-ack)`,
    `recirc_id(0),${port},eth_type(0x0800),ipv4(proto=6,frag=later)`,
    `recirc_id(0),${port},eth_type(0x0800),ipv4(proto=1,frag=no),icmp(type=8,code=0)`,
    `recirc_id(0),${port},eth_type(0x86dd),ipv6(src=fe80::/ffc0::,label=0x12,proto=132,tclass=0x2,hlimit=1,frag=no),sctp(src=5,dst=6)`,
    `recirc_id(0),${port},eth_type(0x86dd),ipv6(proto=58,frag=no),icmpv6(type=136,code=0),nd(target=fe80::1,tll=00:00:00:00:00:01),nd_ext(nd_options_type=2)`,
    `recirc_id(0),${port},eth_type(0x8100),vlan(vid=10,pcp=3),encap(eth_type(0x0806),arp(sip=10.0.0.1,op=1))`,
    `recirc_id(0),${port},eth_type(0x88a8),vlan(vid=10/0xf0),encap(eth_type(0x8100),vlan(vid=20),encap(eth_type(0x0800),ipv4(frag=no)))`,
    `recirc_id(0),${port},eth_type(0x8847),mpls(label=100,tc=0,ttl=64,bos=1)`,
    `recirc_id(0),${port},eth_type(0x8847),mpls(label=100/0xfffff,tc=0/0,ttl=0/0x0,bos=1/1)`,
    `skb_priority(0x5),skb_mark(0x1/0x3),ct_state(+new+trk),ct_zone(0x7),ct_mark(0x1),ct_label(0x10/0xf0),recirc_id(0x2a),dp_hash(0x5/0xf),${port},eth(src=00:00:00:00:00:01,dst=01:00:00:00:00:00/01:00:00:00:00:00),eth_type(0x88cc)`,
    `ct_tuple4(src=10.0.0.1,proto=6,tp_dst=80),recirc_id(0),${port},eth_type(0x0800),ipv4(frag=no)`,
    `ct_tuple6(dst=fe80::1,proto=17,src_port=53),recirc_id(0),${port},eth_type(0x86dd),ipv6(frag=no)`,
    `tunnel(tun_id=0x5,src=1.1.1.1,dst=1.1.1.2,tos=0x1,ttl=64,flags(-df+csum+key)),recirc_id(0),${port},eth_type(0x0800),ipv4(frag=no)`,
    `tunnel(tun_id=0x5/0xff,ipv6_src=fd00::1,ipv6_dst=fd00::2),recirc_id(0),${port},eth_type(0x0800),ipv4(frag=no)`,
  ])("%s", (text) => {
    expect(formatKey(parseKey(text))).toBe(text);
  });

  it("of a whole packet show no masks", () => {
    const { key } = parseKey(
      `recirc_id(0),${port},eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x0800),ipv4(src=1.1.1.1,dst=2.2.2.2,proto=17,tos=0,ttl=64,frag=no),udp(src=1,dst=2)`,
    );
    expect(formatKey(exactKey(key), { verbose: true })).toBe(
      "skb_priority(0),skb_mark(0),ct_state(0),ct_zone(0),ct_mark(0),ct_label(0),recirc_id(0),dp_hash(0),in_port(1),packet_type(ns=0,id=0)," +
        "eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x0800)," +
        "ipv4(src=1.1.1.1,dst=2.2.2.2,proto=17,tos=0,ttl=64,frag=no),udp(src=1,dst=2)",
    );
  });

  it("may be broken into lines anywhere", () => {
    const text = "recirc_id(0),in_port(1),eth_type(0x0800),ipv4(src=10.0.0.4,proto=1,frag=no),icmp(type=8,code=0)";
    expect(parseKey(text.replaceAll(/[=,(]/g, "$&\n "))).toEqual(parseKey(text));
  });

  it("lie where the layout says", () => {
    const { key, mask } = parseKey(
      "ct_state(+new-est),eth_type(0x8100),vlan(vid=10,pcp=1),encap(eth_type(0x0800),ipv4(src=1.2.3.4))",
    );
    expect(key).toHaveLength(KEY_SIZE);
    expect([...key.subarray(KEY_NW_SRC, KEY_NW_SRC + 4)]).toEqual([1, 2, 3, 4]);
    expect([...key.subarray(KEY_VLAN_TPID0, KEY_VLAN_TPID0 + 4)]).toEqual([0x81, 0x00, 0x30, 0x0a]);
    expect([...mask.subarray(KEY_VLAN_TCI0, KEY_VLAN_TCI0 + 2)]).toEqual([0xff, 0xff]);
    expect([...mask.subarray(KEY_CT_STATE, KEY_CT_STATE + 2)]).toEqual([0, 3]);
  });

  it.each([
    ["ipv4(src=1.2.3)", "1.2.3: not a value of the kind ipv4"],
    ["ipv4(wrong=1)", "unknown field wrong"],
    ["ipv4(frag=some)", "frag is no, first or later"],
    ["wrong(1)", "unknown part of a key"],
    ["in_port(veth1)", "veth1: no such datapath port"],
    ["ipv4(src=1.2.3.4", "missing closing bracket"],
    ["ct_zone(0x12345)", "does not fit in 2 bytes"],
    ["ct_state", "syntax error at ct_state"],
  ])("%s is refused", (text, sentence) => {
    expect(() => parseKey(text)).toThrow(sentence);
  });
});
