/** Which flows the kernel gets, and that it makes of their frames what the fast path makes of them. */
import { beforeEach, describe, expect, it } from "vitest";
import { KEY_TCP_FLAGS } from "../../assembly/layout/key.ts";
import type { DatapathAction } from "../../src/fastpath/datapath-action.ts";
import { tcp, udp } from "../conntrack/text.ts";
import { fromPort } from "../fastpath/match.ts";
import * as frames from "../model/frames.ts";
import { ethernet, icmp, ipv4, ipv4Address } from "../model/frames.ts";
import { ct, output, recirc, setEthernet, setIpv4, setPorts } from "./actions.ts";
import { OffloadSwitch } from "./offload-switch.ts";

const A = "10.0.0.1:1000";
const B = "10.0.0.2:80";
const ENDS = { source: ipv4Address("10.0.0.1"), destination: ipv4Address("10.0.0.2") };

const net = new OffloadSwitch();
beforeEach(() => net.reset());

const segment = (i: number): Uint8Array =>
  tcp(A, B, i % 2 ? "A" : "PA", { seq: 1000 + i * 50, ack: 7 + i, data: i * 7 });
const datagram = (i: number): Uint8Array => udp(A, B, new Uint8Array(i * 11 + 12).fill(i));
/** The same datagrams without a checksum. */
const unsummed = (i: number): Uint8Array => {
  const frame = datagram(i);
  frame.fill(0, 40, 42);
  return frame;
};

const EVERYTHING = [
  setEthernet("02 00 00 00 01 01", "02 00 00 00 01 02"),
  setIpv4({ src: "192.168.255.255", dst: "172.16.0.1", ttl: 17 }),
  setPorts(65535, 1),
];

const OFFLOADED: readonly (readonly [name: string, actions: readonly DatapathAction[]])[] = [
  ["an output", []],
  ["an output to where it came from", []],
  ["both MACs", [setEthernet("02 00 00 00 01 01", "02 00 00 00 01 02")]],
  ["one MAC", [setEthernet(undefined, "02 00 00 00 01 02")]],
  ["the TTL", [setIpv4({ ttl: 63 })]],
  ["the TTL, as it is already", [setIpv4({ ttl: 64 })]],
  ["the source address", [setIpv4({ src: "255.255.255.254" })]],
  ["the destination address", [setIpv4({ dst: "0.0.0.1" })]],
  ["both addresses exchanged, so that no checksum changes", [setIpv4({ src: "10.0.0.2", dst: "10.0.0.1" })]],
  ["the source port", [setPorts(9, undefined)]],
  ["the destination port", [setPorts(undefined, 65535)]],
  ["all of it", EVERYTHING],
  [
    "metadata",
    [{ type: "set", target: "metadata", value: new Uint8Array(8).fill(5), mask: new Uint8Array(8).fill(255) }],
  ],
  ["ct_clear and a hash", [{ type: "ct_clear" }, { type: "hash", algorithm: "sym_l4", basis: 3 }]],
];

describe.each([
  ["TCP", segment],
  ["UDP", datagram],
  ["UDP without checksums", unsummed],
])("%s", (_, frame) => {
  it.each(OFFLOADED)("goes by the kernel after its first packet, the frames the same: %s", (name, actions) => {
    net.put(fromPort(1), [...actions, output(name.includes("came from") ? 1 : 2)]);
    for (let i = 0; i < 12; i++) {
      const { by, sent, twin } = net.send(1, frame(i));
      expect(sent).toEqual(twin);
      expect([sent.length, by]).toEqual([1, i === 0 ? "switch" : "kernel"]);
    }
  });

  it("may be edited in every one of eight passes", () => {
    for (let pass = 0; pass < 8; pass++) {
      net.put(fromPort(1, pass), [
        ...EVERYTHING,
        setIpv4({ ttl: 63 - pass }),
        pass === 7 ? output(3) : recirc(pass + 1),
      ]);
    }
    net.send(1, frame(0));
    const { by, sent, twin } = net.send(1, frame(1));
    expect([by, sent]).toEqual(["kernel", twin]);
  });
});

describe("checksums that an edit makes 0 or 0xffff", () => {
  // The payload word runs through values, so that the edited sum does.
  it.each([0xfffe, 0xffff, 0, 1, 2])("come out as the fast path's (%i off)", (off) => {
    net.put(fromPort(1), [setIpv4({ src: "10.0.1.1", ttl: 63 }), setPorts(1001, undefined), output(2)]);
    net.send(1, datagram(0));
    const [probe] = net.send(1, udp(A, B, Uint8Array.from([0, 0, ...new Array(20).fill(0)]))).twin;
    const left = (probe.frame[40] << 8) | probe.frame[41];
    const word = (left + off) % 0xffff;
    const { by, sent, twin } = net.send(
      1,
      udp(A, B, Uint8Array.from([word >> 8, word & 255, ...new Array(20).fill(0)])),
    );
    expect([by, sent]).toEqual(["kernel", twin]);
  });

  it("leaves a wrong checksum as wrong as the fast path does", () => {
    net.put(fromPort(1), [...EVERYTHING, output(2)]);
    net.send(1, segment(0));
    const frame = segment(1);
    frame[24] ^= 0x55;
    frame[51] ^= 0x33;
    const { by, sent, twin } = net.send(1, frame);
    expect([by, sent]).toEqual(["kernel", twin]);
  });
});

describe("what is told apart", () => {
  const base = segment(1);
  const edits: readonly (readonly [string, number])[] = [
    ["eth_dst, first byte", 0],
    ["eth_dst, last byte", 5],
    ["eth_src", 8],
    ["tos", 15],
    ["ttl", 22],
    ["nw_src", 29],
    ["nw_dst", 30],
    ["tp_src", 35],
    ["tp_dst", 36],
  ];
  it.each(edits)("a frame of another %s is another flow", (_, offset) => {
    net.put(fromPort(1), [output(2)]);
    net.send(1, base);
    const other = base.slice();
    other[offset] ^= 2;
    expect(net.send(1, other).by).toBe("switch");
    expect(net.send(1, other).by).toBe("kernel");
    expect(net.send(1, base).by).toBe("kernel");
  });

  it("so is the same frame at another port", () => {
    net.put(fromPort(1), [output(2)]);
    net.put(fromPort(3), [output(4)]);
    net.send(1, base);
    expect(net.send(3, base)).toMatchObject({ by: "switch", sent: [{ port: 4 }] });
    expect(net.send(3, base)).toMatchObject({ by: "kernel", sent: [{ port: 4 }] });
    expect(net.send(1, base)).toMatchObject({ by: "kernel", sent: [{ port: 2 }] });
  });
});

describe("frames of a flow that is with the kernel, which it leaves to the switch", () => {
  const cut = (frame: Uint8Array, bytes: number): Uint8Array => frame.subarray(0, frame.length - bytes);
  const patched = (frame: Uint8Array, offset: number, value: number): Uint8Array => {
    const copy = frame.slice();
    copy[offset] = value;
    return copy;
  };
  const LEFT: readonly (readonly [string, Uint8Array])[] = [
    ["SYN", tcp(A, B, "S")],
    ["SYN+ACK", tcp(A, B, "SA")],
    ["FIN", tcp(A, B, "FA")],
    ["RST", tcp(A, B, "RA")],
    ["no flag at all", tcp(A, B, "")],
    ["longer than the MTU", tcp(A, B, "A", { data: 1461 })],
    ["shorter than it says", cut(tcp(A, B, "A", { data: 10 }), 1)],
    ["a TCP header that is too short", patched(segment(1), 46, 0x40)],
    ["a TCP header longer than the packet", patched(tcp(A, B, "A"), 46, 0x60)],
    ["the first fragment", patched(segment(1), 20, 0x20)],
    ["a later fragment", patched(segment(1), 21, 1)],
    ["a packet with IP options", patched(segment(1), 14, 0x46)],
  ];
  it.each(LEFT)("%s", (_, frame) => {
    net.put(fromPort(1), [output(2)]);
    net.send(1, segment(0));
    expect(net.send(1, segment(1)).by).toBe("kernel");
    const { by, sent, twin } = net.send(1, frame);
    expect([by, sent]).toEqual(["switch", twin]);
  });

  it("full MTU goes, super-packets of any length too", () => {
    net.put(fromPort(1), [output(2)]);
    net.send(1, segment(0));
    expect(net.send(1, tcp(A, B, "A", { data: 1460 })).by).toBe("kernel");
    expect(net.kernel.forward(101, tcp(A, B, "A", { data: 30_000 }), { gso: true })).toBeDefined();
  });
});

const icmpFrame = ethernet(0x0800, ipv4(ENDS, 1, icmp(8, 0, new Uint8Array(40))));
const sctpFrame = ethernet(0x0800, ipv4(ENDS, 132, frames.sctp(1, 2, new Uint8Array(40))));
const ipv6Ends = {
  source: frames.ipv6Address("fd:0:0:0:0:0:0:1"),
  destination: frames.ipv6Address("fd:0:0:0:0:0:0:2"),
};
const ipv6Frame = ethernet(0x86dd, frames.ipv6(ipv6Ends, 6, frames.tcp(ipv6Ends, { source: 1, destination: 2 })));
const withOptions = { ...ENDS, options: Uint8Array.from([1, 1, 1, 0]) };
const optionFrame = ethernet(0x0800, ipv4(withOptions, 6, frames.tcp(ENDS, { source: 1, destination: 2 })));
const taggedFrame = ethernet(0x0800, ipv4(ENDS, 6, frames.tcp(ENDS, { source: 1, destination: 2 })), [
  { tpid: 0x8100, tci: 0x1007 },
]);
const shortFrame = udp(A, B, new Uint8Array(11));
const fragment = ethernet(
  0x0800,
  ipv4({ ...ENDS, fragment: 0x2000 }, 6, frames.tcp(ENDS, { source: 1, destination: 2 })),
);

describe("what is not for the kernel", () => {
  const FRAMES: readonly (readonly [string, Uint8Array])[] = [
    ["ICMP", icmpFrame],
    ["SCTP", sctpFrame],
    ["IPv6", ipv6Frame],
    ["ARP", ethernet(0x0806, frames.arp(1, ENDS.source, ENDS.destination))],
    ["IP options", optionFrame],
    ["a VLAN tag", taggedFrame],
    ["a frame of 53 bytes", shortFrame],
    ["a fragment", fragment],
    ["SYN", tcp(A, B, "S")],
    ["FIN", tcp(A, B, "FA")],
    ["RST", tcp(A, B, "RA")],
    ["a segment without ACK", tcp(A, B, "P")],
    ["a packet shorter than it says", segment(3).subarray(0, 60)],
  ];
  it.each(FRAMES)("%s", (_, frame) => {
    net.put(fromPort(1), [output(2)]);
    for (let i = 0; i < 3; i++) {
      const { by, sent, twin } = net.send(1, frame);
      expect([by, sent]).toEqual(["switch", twin]);
    }
    expect(net.offloaded).toBe(0);
  });

  const set = (target: "vlan" | "ipv6", length: number): DatapathAction => ({
    type: "set",
    target,
    value: new Uint8Array(length),
    mask: new Uint8Array(length),
  });
  const ACTIONS: readonly (readonly [string, readonly DatapathAction[]])[] = [
    ["drop", []],
    ["drop with a reason", [{ type: "drop", reason: 1 }]],
    ["a meter", [{ type: "meter", index: 1 }, output(2)]],
    ["a sample", [{ type: "sample", probability: 0xffff_ffff, actions: [output(3)] }, output(2)]],
    ["a clone", [{ type: "clone", actions: [output(3)] }, output(2)]],
    ["two outputs", [output(3), output(2)]],
    ["trunc", [{ type: "trunc", length: 60 }, output(2)]],
    ["check_pkt_len", [{ type: "check_pkt_len", length: 100, greater: [output(2)], lessOrEqual: [output(3)] }]],
    ["check_pkt_len before an output", [{ type: "check_pkt_len", length: 9, greater: [], lessOrEqual: [] }, output(2)]],
    ["push_vlan", [{ type: "push_vlan", tpid: 0x8100, tci: 0x1001 }, output(2)]],
    ["pop_vlan", [{ type: "pop_vlan" }, output(2)]],
    ["push_vlan, pop_vlan", [{ type: "push_vlan", tpid: 0x8100, tci: 0x1001 }, { type: "pop_vlan" }, output(2)]],
    ["push_mpls", [{ type: "push_mpls", etherType: 0x8847, lse: 0x1140 }, output(2)]],
    ["pop_mpls", [{ type: "pop_mpls", etherType: 0x0800 }, output(2)]],
    ["pop_eth", [{ type: "pop_eth" }, output(2)]],
    ["userspace", [{ type: "userspace", reason: "action", argument: 1, cookie: 2n }, output(2)]],
    ["tunnel_push", [{ type: "tunnel_push", port: 2, kind: 1, header: new Uint8Array(50) }]],
    ["a set of a VLAN tag", [set("vlan", 4), output(2)]],
    ["a set of IPv6 fields", [set("ipv6", 40), output(2)]],
    ["a new tos, which a slot cannot say", [setIpv4({ tos: 4 }), output(2)]],
    ["an action behind the output", [output(2), { type: "ct_clear" }]],
    ["an output to a port that is not there", [output(9)]],
    ["a ct that commits with FTP's helper", [ct({ commit: true, helper: "ftp" }), output(2)]],
    ["ct with force", [ct({ commit: true, force: true }), output(2)]],
    [
      "a select group",
      [
        {
          type: "select",
          method: { kind: "dp_hash", basis: 0, algorithm: "l4" },
          buckets: [{ id: 0, weight: 1, alive: true, actions: [output(2)], counters: 0 }],
        },
      ],
    ],
  ];
  it.each(ACTIONS)("%s", (_, actions) => {
    net.both((datapath) =>
      datapath.setMeter(1, { unit: "pktps", burst: false, stats: true, bands: [{ rate: 1000, burst: 1000 }] }),
    );
    net.put(fromPort(1), actions);
    for (let i = 0; i < 3; i++) {
      const { by, sent, twin } = net.send(1, segment(i));
      expect([by, sent]).toEqual(["switch", twin]);
    }
    expect(net.offloaded).toBe(0);
    expect(net.broken()).toEqual([]);
  });

  it("a match on TCP flags", () => {
    net.put(fromPort(1, 0, { offset: KEY_TCP_FLAGS, bytes: [0x00, 0x10], mask: [0, 0x12] }), [output(2)]);
    for (let i = 0; i < 3; i++) expect(net.send(1, segment(i)).by).toBe("switch");
  });

  it("a match on TCP flags in a later pass", () => {
    net.put(fromPort(1), [recirc(1)]);
    net.put(fromPort(1, 1, { offset: KEY_TCP_FLAGS, bytes: [0x00, 0x10], mask: [0, 0x12] }), [output(2)]);
    for (let i = 0; i < 3; i++) expect(net.send(1, segment(i)).by).toBe("switch");
  });

  it("nine passes", () => {
    for (let pass = 0; pass < 8; pass++) net.put(fromPort(1, pass), [recirc(pass + 1)]);
    net.put(fromPort(1, 8), [output(2)]);
    for (let i = 0; i < 3; i++) {
      const { by, sent, twin } = net.send(1, segment(i));
      expect([by, sent]).toEqual(["switch", twin]);
    }
  });

  it.each([
    ["from", 1],
    ["to", 2],
  ])("a flow %s a port whose interface the kernel does not forward for", (_, port) => {
    net.setIfindex(port, 0);
    net.put(fromPort(1), [output(2)]);
    for (let i = 0; i < 3; i++) expect(net.send(1, segment(i))).toMatchObject({ by: "switch", sent: [{ port: 2 }] });
  });

  it("a flow to a port that is down", () => {
    net.both((datapath) => datapath.setPortUp(2, false));
    net.put(fromPort(1), [output(2)]);
    for (let i = 0; i < 3; i++) expect(net.send(1, segment(i))).toMatchObject({ by: "switch", sent: [] });
  });

  it("a packet of which a pass misses, until the slow path has answered", () => {
    net.put(fromPort(1), [recirc(1)]);
    net.send(1, segment(0));
    expect(net.offloaded).toBe(0);
    net.put(fromPort(1, 1), [output(2)]);
    expect(net.send(1, segment(1)).by).toBe("switch");
    expect(net.send(1, segment(2)).by).toBe("kernel");
  });
});
