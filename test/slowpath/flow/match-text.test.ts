import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { field } from "../../../src/slowpath/flow/fields.ts";
import { getNumber } from "../../../src/slowpath/flow/flow.ts";
import { covers, matches, overlaps, sameMatch } from "../../../src/slowpath/flow/match.ts";
import { DEFAULT_PRIORITY, formatMatch, parseMatch } from "../../../src/slowpath/flow/match-text.ts";
import { portsNamed, recordedFiles } from "../reference.ts";

const ports = portsNamed({ 1: "veth1", 2: "veth3", 3: "veth5", 4: "ovn-slaver-0", 5: "ovn-master-0" });

describe("matches of recorded flow dumps", () => {
  it.each(recordedFiles("**/ofctl-dump-flows*.txt"))("of $path print as they were", ({ path, lines }) => {
    const names = path.includes("no-stats") ? ports : undefined;
    let seen = 0;
    for (const line of lines) {
      const parts = /^ .*?(?:(priority=(\d+)[^ ]*) )?actions=/.exec(line);
      if (!parts) continue;
      const [, text = "", priority = String(DEFAULT_PRIORITY)] = parts;
      const match = parseMatch(text.replace(/^priority=\d+,?/, ""), ports);
      expect(formatMatch(match, Number(priority), names)).toBe(text);
      seen++;
    }
    expect(seen).toBeGreaterThan(40);
  });
});

describe("text of matches", () => {
  it.each([
    ["", ""],
    ["dl_type=0x0800", "ip"],
    ["dl_type=0x88cc", "dl_type=0x88cc"],
    ["ip,nw_proto=6", "tcp"],
    ["tp_dst=80,tcp", "tcp,tp_dst=80"],
    ["udp,udp_dst=53", "udp,tp_dst=53"],
    ["sctp6,tp_src=7", "sctp6,tp_src=7"],
    ["ip,nw_proto=47", "ip,nw_proto=47"],
    ["ipv6,nw_proto=59", "ipv6,nw_proto=59"],
    ["eth_src=00:11:22:33:44:55", "dl_src=00:11:22:33:44:55"],
    ["dl_dst=01:00:00:00:00:00/01:00:00:00:00:00", "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00"],
    ["ip,nw_src=10.1.2.3/8", "ip,nw_src=10.0.0.0/8"],
    ["ip,nw_src=10.0.3.0/255.0.255.0", "ip,nw_src=10.0.3.0/255.0.255.0"],
    ["ip,ip_dst=10.0.0.1", "ip,nw_dst=10.0.0.1"],
    ["ipv6,ipv6_src=::ffff:1.2.3.4", "ipv6,ipv6_src=::ffff:1.2.3.4"],
    ["ipv6,ipv6_dst=ff02::1:ff00:0/104", "ipv6,ipv6_dst=ff02::1:ff00:0/104"],
    ["ipv6,ipv6_label=0x12", "ipv6,ipv6_label=0x00012"],
    ["tcp,tp_dst=0x1f40/0xffc0", "tcp,tp_dst=0x1f40/0xffc0"],
    ["tcp,tcp_flags=+syn-ack", "tcp,tcp_flags=+syn-ack"],
    ["tcp,tcp_flags=syn|ack", "tcp,tcp_flags=syn|ack"],
    ["tcp,tcp_flags=0x2/0x12", "tcp,tcp_flags=+syn-ack"],
    ["ct_state=+trk-new", "ct_state=-new+trk"],
    ["ct_state=est|trk", "ct_state=est|trk"],
    ["ct_state=0x21/0x23", "ct_state=+new-est+trk"],
    ["ct_mark=0x1/0x1,ct_zone=5", "ct_zone=5,ct_mark=0x1/0x1"],
    ["ct_label=0x10/0xf0", "ct_label=0x10/0xf0"],
    [
      "ip,ct_state=+trk+est,ct_nw_src=10.0.0.1,ct_nw_proto=6,ct_tp_dst=80",
      "ct_state=+est+trk,ct_nw_src=10.0.0.1,ct_nw_proto=6,ct_tp_dst=80,ip",
    ],
    ["ip,nw_frag=no", "ip,nw_frag=no"],
    ["ip,nw_frag=yes", "ip,nw_frag=yes"],
    ["ip,nw_frag=first", "ip,nw_frag=first"],
    ["ip,ip_frag=not_later", "ip,nw_frag=not_later"],
    ["vlan_tci=0x1000/0x1000", "vlan_tci=0x1000/0x1000"],
    ["vlan_tci=0", "vlan_tci=0x0000"],
    ["dl_vlan=10", "dl_vlan=10"],
    ["dl_vlan=10,dl_vlan_pcp=3", "dl_vlan=10,dl_vlan_pcp=3"],
    ["dl_vlan=0xffff", "vlan_tci=0x0000"],
    ["vlan_vid=0x1000/0x1000", "vlan_tci=0x1000/0x1000"],
    ["mpls,mpls_label=100,mpls_bos=1", "mpls,mpls_label=100,mpls_bos=1"],
    ["ip,nw_tos=0xb8,nw_ecn=1,nw_ttl=64", "ip,nw_tos=184,nw_ecn=1,nw_ttl=64"],
    ["ip,ip_dscp=46", "ip,nw_tos=184"],
    [
      "arp,arp_op=1,arp_tpa=10.0.0.0/24,arp_sha=00:00:00:00:00:01",
      "arp,arp_tpa=10.0.0.0/24,arp_op=1,arp_sha=00:00:00:00:00:01",
    ],
    ["icmp,icmp_type=8,icmp_code=0", "icmp,icmp_type=8,icmp_code=0"],
    ["icmp6,icmpv6_type=135,icmpv6_code=0,nd_target=fe80::1", "icmp6,icmp_type=135,icmp_code=0,nd_target=fe80::1"],
    ["in_port=veth1", "in_port=veth1"],
    ['in_port="ovn-slaver-0"', 'in_port="ovn-slaver-0"'],
    ["in_port=LOCAL", "in_port=LOCAL"],
    ["in_port=0xfffffffe", "in_port=LOCAL"],
    ["reg0=5,reg1=0x1/0xff", "reg0=0x5,reg1=0x1/0xff"],
    ["reg0[4..7]=3", "reg0=0x30/0xf0"],
    ["xreg0=0x100000002", "reg0=0x1,reg1=0x2"],
    ["metadata=0x10/0xf0", "metadata=0x10/0xf0"],
    ["conj_id=7,pkt_mark=3,recirc_id=2,dp_hash=0x5/0xf", "pkt_mark=0x3,recirc_id=0x2,dp_hash=0x5/0xf,conj_id=7"],
    ["tun_id=1,tun_src=10.0.0.1,tun_metadata0=0x5", "tun_id=0x1,tun_src=10.0.0.1,tun_metadata0=0x5"],
    ["tun_metadata1", "tun_metadata1"],
    ["tun_metadata1=NP", "tun_metadata1=NP"],
    ["tun_flags=+oam", "tun_flags=+oam"],
    ["nw_src=*,ip", "ip"],
  ])("%s prints as %s", (text, printed) => {
    const match = parseMatch(text, ports);
    expect(formatMatch(match, DEFAULT_PRIORITY, ports)).toBe(printed);
    expect(sameMatch(parseMatch(printed, ports), match)).toBe(true);
  });

  it.each([
    ["foo=1", "unknown keyword foo"],
    ["nw_src=10.0.0.1", "nw_src: prerequisites not met"],
    ["ip,tp_dst=80", "tp_dst: prerequisites not met"],
    ["tcp,udp_dst=80", "udp_dst: prerequisites not met"],
    ["ipv6,nw_src=10.0.0.1", "prerequisites not met"],
    ["tcp,tp_dst=65536", "value too large for 16-bit field tcp_dst"],
    ["tcp,tp_dst=http", "bad syntax for tcp_dst value"],
    ["in_port=nosuch", "nosuch: invalid or unknown port for in_port"],
    ["in_port=1/3", "invalid or unknown port"],
    ["dl_src=00:11", "00:11: invalid Ethernet address"],
    ["ip,nw_dst=1.2.3", "1.2.3: invalid IP address"],
    ["ip,nw_ttl=1/2", "invalid mask for field nw_ttl"],
    ["ct_state=+foo", "unknown ct_state flag(s)"],
    ["ct_state=+new+new", "Each ct_state flag can be specified only once"],
    ["ip,nw_frag=maybe", "unknown fragment type"],
    ["reg0", "field reg0 missing value"],
    ["reg0[0..3]=16", "value does not fit in 4 bits"],
    ["recirc_id[0..3]=1", "not maskable"],
  ])("%s is refused", (text, sentence) => {
    expect(() => parseMatch(text, ports)).toThrow(sentence);
  });

  it("of random registers and addresses parses to the same match", () => {
    const masked = fc.tuple(fc.nat(0xffff), fc.integer({ min: 1, max: 0xffff }));
    fc.assert(
      fc.property(
        fc.array(masked, { minLength: 1, maxLength: 16 }),
        fc.ipV4(),
        fc.nat(32),
        fc.ipV6(),
        (regs, v4, length, v6) => {
          const registers = regs.map(([value, mask], n) => `reg${n}=${value}/${mask}`).join(",");
          for (const rest of [`ip,nw_src=${v4}/${length}`, `ipv6,ipv6_dst=${v6}`]) {
            const match = parseMatch(`${registers},${rest}`);
            expect(sameMatch(parseMatch(formatMatch(match)), match)).toBe(true);
          }
        },
      ),
    );
  });
});

describe("comparing matches", () => {
  it.each([
    ["ip", "tcp", true],
    ["tcp", "ip", false],
    ["ip,nw_src=10.0.0.0/8", "ip,nw_src=10.1.0.0/16", true],
    ["ip,nw_src=10.0.0.0/8", "ip,nw_src=11.1.0.0/16", false],
    ["", "udp", true],
  ])("%s covers %s: %s", (outer, inner, expected) => {
    expect(covers(parseMatch(outer), parseMatch(inner))).toBe(expected);
  });

  it.each([
    ["tcp,tp_src=1", "tcp,tp_dst=2", true],
    ["tcp", "udp", false],
    ["in_port=1", "udp", true],
    ["reg0=1/1", "reg0=2/3", false],
  ])("%s overlaps %s: %s", (a, b, expected) => {
    expect(overlaps(parseMatch(a), parseMatch(b))).toBe(expected);
    expect(overlaps(parseMatch(b), parseMatch(a))).toBe(expected);
  });

  it("a match matches its own value", () => {
    const match = parseMatch("tcp,nw_src=10.0.0.0/8,tp_dst=80");
    expect(matches(match, match.value)).toBe(true);
    expect(getNumber(match.value, field("tcp_dst"))).toBe(80);
  });
});
