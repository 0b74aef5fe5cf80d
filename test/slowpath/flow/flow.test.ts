import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { field, fieldByName, fields, mapTunnelMetadata } from "../../../src/slowpath/flow/fields.ts";
import {
  bytesOfValue,
  copySubfield,
  createFlow,
  equalUnder,
  fieldMask,
  getBigInt,
  getBytes,
  getNumber,
  getSubfield,
  getSubfieldNumber,
  isZero,
  keepUnder,
  mergeInto,
  setBigInt,
  setMasked,
  setNumber,
  setSubfield,
  unwildcard,
  unwildcardPrefix,
  unwildcardSubfield,
  valueOfBytes,
} from "../../../src/slowpath/flow/flow.ts";
import { FLOW_SIZE } from "../../../src/slowpath/flow/flow-layout.ts";
import { parseMatch } from "../../../src/slowpath/flow/match-text.ts";
import { hasPrerequisites } from "../../../src/slowpath/flow/prerequisites.ts";
import { formatSubfield, parseSubfield } from "../../../src/slowpath/flow/subfield.ts";

const whole = fields.filter(({ bytes, name }) => bytes > 0 && name !== "nw_tos");
const anyField = fc.constantFrom(...whole);
const anyFlow = fc.uint8Array({ minLength: FLOW_SIZE, maxLength: FLOW_SIZE });

describe("list of fields", () => {
  it("knows every field by all of its names, in any case", () => {
    for (const each of fields) {
      for (const name of [each.name, ...each.aliases]) expect(fieldByName(name.toLowerCase())).toBe(each);
    }
  });

  it("gives no name to two fields", () => {
    const names = fields.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
  });

  it("keeps every field inside the flow and its own bytes", () => {
    for (const { name, offset, bytes, bits, shift } of fields) {
      expect(offset + bytes, name).toBeLessThanOrEqual(FLOW_SIZE);
      expect(bits + shift, name).toBeLessThanOrEqual(bytes * 8);
    }
  });

  it("orders what select groups hash as OVS does", () => {
    const order = ["eth_src", "eth_dst", "ip_src", "ip_dst", "ipv6_src", "nw_proto", "tcp_src", "tcp_dst", "udp_src"];
    const ids = order.map((name) => field(name).id);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
  });

  it("lets a TLV map place a tunnel option", () => {
    const before = field("tun_metadata40");
    const placed = mapTunnelMetadata(40, 8, 12);
    expect(field("tun_metadata40")).toBe(placed);
    expect(placed.bits).toBe(96);
    expect(before.bytes).toBe(0);
  });
});

describe("fields of a flow", () => {
  it("come back as they were written and leave their neighbours alone", () => {
    fc.assert(
      fc.property(anyField, anyFlow, fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), (target, flow, random) => {
        const value = random & ((1n << BigInt(target.bits)) - 1n);
        const before = flow.slice();
        setBigInt(flow, target, value);
        expect(getBigInt(flow, target)).toBe(value);
        if (target.bits <= 32) expect(getNumber(flow, target)).toBe(Number(value));
        const mask = createFlow();
        unwildcard(mask, target);
        expect(flow.every((byte, i) => ((byte ^ before[i]) & ~mask[i]) === 0)).toBe(true);
      }),
    );
  });

  it("are the same as numbers, big integers and bytes", () => {
    fc.assert(
      fc.property(anyField, anyFlow, (target, flow) => {
        expect(valueOfBytes(target, getBytes(flow, target))).toBe(getBigInt(flow, target));
        expect(bytesOfValue(target, getBigInt(flow, target))).toEqual(getBytes(flow, target));
      }),
    );
  });

  it("share the TCI: priority, tag and identifier", () => {
    const flow = createFlow();
    setNumber(flow, field("vlan_vid"), 0x1000 | 10);
    setNumber(flow, field("vlan_pcp"), 5);
    expect(getNumber(flow, field("vlan_tci"))).toBe(0xb00a);
    expect(getNumber(flow, field("dl_vlan"))).toBe(10);
  });

  it("keep ECN out of nw_tos", () => {
    const flow = createFlow();
    setNumber(flow, field("nw_ecn"), 3);
    setNumber(flow, field("nw_tos"), 0xff);
    setSubfield(flow, parseSubfield("nw_tos[0..7]"), 0n);
    expect(getNumber(flow, field("nw_ecn"))).toBe(3);
    expect(fieldMask(field("nw_tos"))).toEqual(Uint8Array.of(0xfc));
  });

  it("take only masked bits", () => {
    const flow = createFlow();
    const ip = field("ip_src");
    setMasked(flow, ip, Uint8Array.of(1, 2, 3, 4));
    setMasked(flow, ip, Uint8Array.of(9, 9, 9, 9), Uint8Array.of(0, 0xff, 0, 0x01));
    expect(getBytes(flow, ip)).toEqual(Uint8Array.of(1, 9, 3, 5));
  });

  it("overlap as registers do", () => {
    const flow = createFlow();
    setNumber(flow, field("reg1"), 0xdeadbeef);
    expect(getBigInt(flow, field("xreg0"))).toBe(0xdeadbeefn);
    expect(getBigInt(flow, field("xxreg0"))).toBe(0xdeadbeefn << 64n);
  });
});

describe("subfields", () => {
  it.each([
    ["NXM_NX_REG13[0..15]", "NXM_NX_REG13[0..15]"],
    ["reg0[5]", "NXM_NX_REG0[5]"],
    ["eth_src", "NXM_OF_ETH_SRC[]"],
    ["OXM_OF_PKT_REG4[2]", "OXM_OF_PKT_REG4[2]"],
    ["nw_src[0..31]", "NXM_OF_IP_SRC[]"],
  ])("%s prints as %s", (text, printed) => {
    expect(formatSubfield(parseSubfield(text))).toBe(printed);
  });

  it.each([
    ["reg16[0]", "unknown field 'reg16'"],
    ["reg0[32]", "starting bit 32 is not valid because field is only 32 bits wide"],
    ["reg0[5..3]", "starting bit 5 is after ending bit 3"],
    ["reg0[0..", "syntax error"],
  ])("%s is refused", (text, sentence) => {
    expect(() => parseSubfield(text)).toThrow(sentence);
  });

  it("copy bits between fields of different widths", () => {
    const flow = createFlow();
    setNumber(flow, field("reg10"), 1 << 12);
    copySubfield(flow, parseSubfield("reg10[12]"), parseSubfield("xxreg0[111]"));
    expect(getSubfield(flow, parseSubfield("xxreg0[111]"))).toBe(1n);
    expect(getBigInt(flow, field("xxreg0"))).toBe(1n << 111n);
    setNumber(flow, field("reg14"), 0x8001);
    copySubfield(flow, parseSubfield("reg14[0..14]"), parseSubfield("tun_metadata0[16..30]"));
    expect(getSubfieldNumber(flow, parseSubfield("tun_metadata0"))).toBe(1 << 16);
  });
});

describe("wildcards", () => {
  it("mark exactly the bits of a subfield", () => {
    const wildcards = createFlow();
    unwildcardSubfield(wildcards, parseSubfield("reg3[4..13]"));
    expect(getNumber(wildcards, field("reg3"))).toBe(0x3ff0);
    setNumber(wildcards, field("reg3"), 0);
    expect(isZero(wildcards)).toBe(true);
  });

  it("mark the leading bits of an address", () => {
    const wildcards = createFlow();
    unwildcardPrefix(wildcards, field("ip_src"), 29);
    expect(getNumber(wildcards, field("ip_src"))).toBe(0xfffffff8);
    expect(getNumber(wildcards, field("ip_dst"))).toBe(0);
  });
});

describe("whole flows", () => {
  it("compare, lose and gain bits under a mask", () => {
    const [a, b, mask] = [createFlow(), createFlow(), createFlow()];
    setNumber(a, field("reg0"), 0x12);
    setNumber(b, field("reg0"), 0x13);
    unwildcardSubfield(mask, parseSubfield("reg0[1..31]"));
    expect(equalUnder(a, b, mask)).toBe(true);
    unwildcardSubfield(mask, parseSubfield("reg0[0]"));
    expect(equalUnder(a, b, mask)).toBe(false);
    mergeInto(a, b);
    expect(getNumber(a, field("reg0"))).toBe(0x13);
    keepUnder(a, createFlow());
    expect(isZero(a)).toBe(true);
  });
});

describe("prerequisites", () => {
  it.each([
    ["tcp", "tcp_dst", true],
    ["tcp,nw_frag=later", "tcp_dst", false],
    ["udp", "tcp_dst", false],
    ["ip", "ipv6_src", false],
    ["rarp", "arp_spa", true],
    ["icmp6,icmp_type=135", "nd_sll", true],
    ["icmp6,icmp_type=136", "nd_sll", false],
    ["icmp6,icmp_type=135,icmp_code=1", "nd_target", false],
    ["dl_vlan=0", "vlan_pcp", true],
    ["ip", "vlan_pcp", false],
    ["mplsm", "mpls_label", true],
  ])("of a packet that is %s: %s %s", (packet, name, met) => {
    expect(hasPrerequisites(parseMatch(packet).value, field(name))).toBe(met);
  });

  it("mark what they looked at", () => {
    const wildcards = createFlow();
    hasPrerequisites(parseMatch("tcp").value, field("tcp_dst"), wildcards);
    expect(getNumber(wildcards, field("eth_type"))).toBe(0xffff);
    expect(getNumber(wildcards, field("nw_proto"))).toBe(0xff);
    expect(getNumber(wildcards, field("ip_frag"))).toBe(2);
  });
});
