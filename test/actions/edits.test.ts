/**
 * Set, push and pop actions. After any edit: the key is what parsing the frame again gives, checksums are as right as before, the
 * edited fields are value under mask, and no other byte has changed.
 */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { KEY_PKT_MARK, KEY_SIZE, KEY_SKB_PRIORITY, KEY_TUN_ID } from "../../assembly/layout/key.ts";
import {
  PACKET_CSUM_START,
  PACKET_HDR_LEN,
  PACKET_HEADROOM,
  PACKET_KEY_EXTENT,
  VNET_F_NEEDS_CSUM,
} from "../../assembly/layout/packet.ts";
import { ARENA_BASE } from "../../assembly/memory.ts";
import type { DatapathAction, SetTarget } from "../../src/fastpath/datapath-action.ts";
import { encodeProgram } from "../../src/fastpath/program.ts";
import { SET_LAYOUTS } from "../../src/fastpath/set-layout.ts";
import { pseudoHeaderSum } from "../model/checksums.ts";
import {
  be16,
  be32,
  bytesOf,
  concat,
  ethernet,
  icmpv6,
  ipv4,
  ipv4Address,
  ipv6,
  ipv6Address,
  MAC_A,
  MAC_B,
  sctp,
  tcp,
  udp,
} from "../model/frames.ts";
import { type FastPath, instantiateFastPath } from "../model/module.ts";
import { sampleFrames } from "../model/mutations.ts";
import { frameOf, keyOf, type Offload, type Placement, parseFrame, readParsed } from "../model/packet-record.ts";

const A4 = { source: ipv4Address("192.168.1.10"), destination: ipv4Address("10.0.0.80") };
const A6 = { source: ipv6Address("fd00:0:0:0:0:0:0:a"), destination: ipv6Address("fd00:0:0:0:0:0:0:b") };
const TEXT = Uint8Array.from({ length: 23 }, (_, i) => 0x61 + i);
const tcp4 = (ip = A4) => ethernet(0x0800, ipv4(ip, 6, tcp(ip, { source: 40000, destination: 80 }, TEXT)));
const udp4 = (ip = A4) => ethernet(0x0800, ipv4(ip, 17, udp(ip, 40000, 80, TEXT)));
const tcp6 = (ip = A6) => ethernet(0x86dd, ipv6(ip, 6, tcp(ip, { source: 40000, destination: 80 }, TEXT)));
const sctp4 = (source = 40000, destination = 80) => ethernet(0x0800, ipv4(A4, 132, sctp(source, destination, TEXT)));

type HeaderEdit = "push_vlan" | "pop_vlan" | "push_mpls" | "pop_mpls" | "add_mpls" | "push_eth" | "pop_eth";
const FUNCTIONS: Record<SetTarget | HeaderEdit, string> = {
  ethernet: "setEthernet",
  ipv4: "setIpv4",
  ipv6: "setIpv6",
  transport: "setTransport",
  icmp: "setIcmp",
  arp: "setArp",
  nd: "setNd",
  vlan: "setVlan",
  metadata: "setMetadata",
  tunnel: "setTunnel",
  mpls: "setMpls",
  push_vlan: "pushVlan",
  pop_vlan: "popVlan",
  push_mpls: "pushMpls",
  pop_mpls: "popMpls",
  add_mpls: "addMpls",
  push_eth: "pushEthernet",
  pop_eth: "popEthernet",
};

/** set(target) of fields given as [offset in the value, bytes]; the mask covers exactly these. */
function set(target: SetTarget, ...fields: [offset: number, bytes: Uint8Array | number[]][]): DatapathAction {
  const { bytes } = SET_LAYOUTS[target];
  const value = new Uint8Array(bytes);
  const mask = new Uint8Array(bytes);
  for (const [offset, field] of fields) {
    value.set(field, offset);
    mask.fill(0xff, offset, offset + field.length);
  }
  return { type: "set", target, value, mask };
}

describe("edits", () => {
  let fastPath: FastPath;
  beforeAll(() => {
    fastPath = instantiateFastPath();
  });

  /** Runs one edit on a record: what its function answers. */
  function apply(packet: number, action: DatapathAction): boolean {
    fastPath.bytes.set(encodeProgram([action]), ARENA_BASE);
    const name = FUNCTIONS[(action.type === "set" ? action.target : action.type) as keyof typeof FUNCTIONS];
    return fastPath.call[name](packet, ARENA_BASE) !== 0;
  }

  function edited(frame: Uint8Array, action: DatapathAction, placement: Placement = {}): Uint8Array {
    const packet = parseFrame(fastPath, frame, placement);
    expect(apply(packet, action)).toBe(true);
    const bytes = frameOf(fastPath, packet);
    expectInStep(packet);
    return bytes;
  }

  /** Key and offsets are what a second record of the same bytes gets from the parser. */
  function expectInStep(packet: number): void {
    const parsed = readParsed(fastPath, packet);
    const key = keyOf(fastPath, packet);
    fastPath.call.reparse(packet);
    expect(parsed).toEqual(readParsed(fastPath, packet));
    expect(key).toEqual(keyOf(fastPath, packet));
  }

  describe("of addresses and ports give the frame that a sender with those would have sent", () => {
    const other4 = { source: ipv4Address("172.16.0.1"), destination: ipv4Address("1.2.3.4") };
    const other6 = { source: ipv6Address("2001:db8:0:0:0:0:0:1"), destination: ipv6Address("2001:db8:9:8:7:6:5:4") };
    const cases: [string, Uint8Array, DatapathAction, Uint8Array][] = [
      ["IPv4 source of TCP", tcp4(), set("ipv4", [0, other4.source]), tcp4({ ...A4, source: other4.source })],
      [
        "IPv4 destination of UDP",
        udp4(),
        set("ipv4", [4, other4.destination]),
        udp4({ ...A4, destination: other4.destination }),
      ],
      ["both IPv4 addresses", tcp4(), set("ipv4", [0, other4.source], [4, other4.destination]), tcp4(other4)],
      ["TOS and TTL", tcp4(), set("ipv4", [8, [0xb8, 7]]), tcp4({ ...A4, tos: 0xb8, ttl: 7 } as typeof A4)],
      ["IPv6 source", tcp6(), set("ipv6", [0, other6.source]), tcp6({ ...A6, source: other6.source })],
      ["both IPv6 addresses", tcp6(), set("ipv6", [0, other6.source], [16, other6.destination]), tcp6(other6)],
      [
        "IPv6 label, traffic class, hop limit",
        tcp6(),
        set("ipv6", [32, be32(0x54321)], [36, [0x2e, 9]]),
        tcp6({ ...A6, label: 0x54321, tos: 0x2e, ttl: 9 } as typeof A6),
      ],
      [
        "TCP ports",
        tcp4(),
        set("transport", [0, [...be16(1), ...be16(2)]]),
        ethernet(0x0800, ipv4(A4, 6, tcp(A4, { source: 1, destination: 2 }, TEXT))),
      ],
      [
        "UDP destination port",
        udp4(),
        set("transport", [2, be16(53)]),
        ethernet(0x0800, ipv4(A4, 17, udp(A4, 40000, 53, TEXT))),
      ],
      ["SCTP ports", sctp4(), set("transport", [0, [...be16(5), ...be16(6)]]), sctp4(5, 6)],
      [
        "ICMPv6 type and code",
        ethernet(0x86dd, ipv6(A6, 58, icmpv6(A6, 128, 0, TEXT))),
        set("icmp", [0, [129, 1]]),
        ethernet(0x86dd, ipv6(A6, 58, icmpv6(A6, 129, 1, TEXT))),
      ],
      [
        "ND target, source address and flags",
        ethernet(0x86dd, ipv6(A6, 58, icmpv6(A6, 136, 0, concat(be32(0), A6.source, [1, 1], MAC_A)))),
        set("nd", [0, other6.source], [16, MAC_B], [28, be32(0xa0000000)]),
        ethernet(0x86dd, ipv6(A6, 58, icmpv6(A6, 136, 0, concat(be32(0xa0000000), other6.source, [1, 1], MAC_B)))),
      ],
      [
        "ND type of the first option",
        ethernet(0x86dd, ipv6(A6, 58, icmpv6(A6, 136, 0, concat(be32(0), A6.source, [1, 1], MAC_A)))),
        set("nd", [32, [2]]),
        ethernet(0x86dd, ipv6(A6, 58, icmpv6(A6, 136, 0, concat(be32(0), A6.source, [2, 1], MAC_A)))),
      ],
    ];
    it.each(cases)("%s", (_name, before, action, after) => {
      expect(edited(before, action)).toEqual(after);
      expect(edited(before, action, { head: 86 })).toEqual(after);
    });
  });

  it("keep a partial checksum partial: the pseudo-header's sum follows addresses, not ports", () => {
    const other = { ...A4, destination: ipv4Address("9.9.9.9") };
    const open = (frame: Uint8Array, ip: typeof A4) => {
      frame.set(be16(pseudoHeaderSum(ip.source, ip.destination, 6, frame.length - 34)), 50);
      return frame;
    };
    const offload: Offload = { flags: VNET_F_NEEDS_CSUM, checksumStart: 34, checksumOffset: 16 };
    const before = open(tcp4(), A4);
    expect(edited(before, set("ipv4", [4, other.destination]), { offload })).toEqual(open(tcp4(other), other));
    const ports = edited(before, set("transport", [2, be16(8080)]), { offload });
    expect([...ports.slice(50, 52)]).toEqual([...before.slice(50, 52)]);
  });

  it("leave a missing UDP checksum missing, and never make one look missing", () => {
    const none = udp4();
    none.set([0, 0], 40);
    expect([...edited(none, set("ipv4", [0, [1, 1, 1, 1]])).slice(40, 42)]).toEqual([0, 0]);
    expect([...edited(none, set("transport", [0, be16(1)])).slice(40, 42)]).toEqual([0, 0]);
    for (let port = 0; port < 65536; port++) {
      const packet = parseFrame(fastPath, udp4());
      fastPath.call.rewritePort(packet, 1, port);
      const checksum = frameOf(fastPath, packet).slice(40, 42);
      if (checksum[0] === 0 && checksum[1] === 0) throw new Error(`port ${port} made the checksum 0`);
    }
  });

  it("keep a wrong checksum wrong", () => {
    for (const frame of [tcp4(), udp4(), sctp4(), tcp6()]) {
      frame[frame.length - 1] ^= 1;
      for (const action of [
        set("transport", [0, be16(7)]),
        set("ipv4", [0, [7, 7, 7, 7]]),
        set("ipv6", [0, A6.destination]),
      ]) {
        const packet = parseFrame(fastPath, frame);
        apply(packet, action);
        expect(fastPath.call.verifyTransportChecksum(packet)).toBe(0);
      }
    }
  });

  it("leave the checksum alone when a routing header hides the final destination", () => {
    const routing = { next: 43, bytes: concat([17, 2, 0, 1, 0, 0, 0, 0], A6.source) };
    const frame = ethernet(0x86dd, ipv6({ ...A6, extensions: routing }, 17, udp(A6, 1, 2, TEXT)));
    const field = [84, 86];
    const after = edited(frame, set("ipv6", [16, A6.source]));
    expect(after.slice(...field)).toEqual(frame.slice(...field));
    expect(edited(frame, set("ipv6", [0, A6.destination])).slice(...field)).not.toEqual(frame.slice(...field));
  });

  it("set the ports of a first fragment and refuse those of a later one", () => {
    const first = ethernet(0x0800, ipv4({ ...A4, fragment: 0x2000 }, 17, udp(A4, 1, 2, TEXT).slice(0, 24)));
    const later = ethernet(0x0800, ipv4({ ...A4, fragment: 0x2003 }, 17, TEXT));
    expect([...edited(first, set("transport", [2, be16(99)])).slice(36, 38)]).toEqual(be16(99));
    const packet = parseFrame(fastPath, later);
    expect(apply(packet, set("transport", [2, be16(99)]))).toBe(false);
    expect(frameOf(fastPath, packet)).toEqual(later);
  });

  describe("of Ethernet headers", () => {
    const tags = [
      { tpid: 0x8100, tci: 0x2064 },
      { tpid: 0x88a8, tci: 0x0fff },
    ];
    const inner = ipv4(A4, 17, udp(A4, 1, 2, TEXT));

    it("push a tag and move offloads with it", () => {
      const packet = parseFrame(fastPath, ethernet(0x0800, inner), {
        offload: { flags: VNET_F_NEEDS_CSUM, checksumStart: 34, checksumOffset: 6, headerLength: 42 },
      });
      const headroom = fastPath.view.getUint32(packet + PACKET_HEADROOM, true);
      expect(apply(packet, { type: "push_vlan", tpid: 0x8100, tci: 0x3064 })).toBe(true);
      expect(frameOf(fastPath, packet)).toEqual(ethernet(0x0800, inner, [{ tpid: 0x8100, tci: 0x2064 }]));
      expect(fastPath.view.getUint16(packet + PACKET_CSUM_START, true)).toBe(38);
      expect(fastPath.view.getUint16(packet + PACKET_HDR_LEN, true)).toBe(46);
      expect(fastPath.view.getUint32(packet + PACKET_HEADROOM, true)).toBe(headroom - 4);
      expectInStep(packet);
      expect(apply(packet, { type: "pop_vlan" })).toBe(true);
      expect(frameOf(fastPath, packet)).toEqual(ethernet(0x0800, inner));
      expect(fastPath.view.getUint16(packet + PACKET_CSUM_START, true)).toBe(34);
      expectInStep(packet);
    });

    it("push and pop any number of tags", () => {
      const packet = parseFrame(fastPath, ethernet(0x0800, inner));
      const pushed: typeof tags = [];
      for (let depth = 0; depth < 5; depth++) {
        const tag = tags[depth % 2];
        pushed.unshift(tag);
        expect(apply(packet, { type: "push_vlan", tpid: tag.tpid, tci: tag.tci | 0x1000 })).toBe(true);
        expect(frameOf(fastPath, packet)).toEqual(
          ethernet(
            0x0800,
            inner,
            pushed.map(({ tpid, tci }) => ({ tpid, tci: tci & 0xefff })),
          ),
        );
        expectInStep(packet);
      }
      for (let depth = 0; depth < 5; depth++) {
        expect(apply(packet, { type: "pop_vlan" })).toBe(true);
        expectInStep(packet);
      }
      expect(frameOf(fastPath, packet)).toEqual(ethernet(0x0800, inner));
      expect(apply(packet, { type: "pop_vlan" })).toBe(false);
    });

    it("refuse a push when the headroom is used up", () => {
      const packet = parseFrame(fastPath, ethernet(0x0800, inner));
      fastPath.view.setUint32(packet + PACKET_HEADROOM, 3, true);
      expect(apply(packet, { type: "push_vlan", tpid: 0x8100, tci: 0x1001 })).toBe(false);
      expect(apply(packet, { type: "push_mpls", etherType: 0x8847, lse: 0x140 })).toBe(false);
      expect(frameOf(fastPath, packet)).toEqual(ethernet(0x0800, inner));
    });

    it("set VLAN id and priority in place, keep the drop-eligible bit", () => {
      const frame = ethernet(0x0800, inner, [{ tpid: 0x8100, tci: 0x3064 }]);
      const id: DatapathAction = {
        type: "set",
        target: "vlan",
        value: bytesOf("0000 1005"),
        mask: bytesOf("0000 1fff"),
      };
      expect(edited(frame, id)).toEqual(ethernet(0x0800, inner, [{ tpid: 0x8100, tci: 0x3005 }]));
      expect(apply(parseFrame(fastPath, ethernet(0x0800, inner)), id)).toBe(false);
    });

    it("push and pop labels, and see what a popped label hid", () => {
      const packet = parseFrame(fastPath, ethernet(0x0800, inner, tags));
      expect(apply(packet, { type: "push_mpls", etherType: 0x8847, lse: 0x00064140 })).toBe(true);
      expect(apply(packet, { type: "push_mpls", etherType: 0x8847, lse: 0x000c8040 })).toBe(true);
      expect(frameOf(fastPath, packet)).toEqual(ethernet(0x8847, concat(bytesOf("000c8040 00064140"), inner), tags));
      expect(readParsed(fastPath, packet).mpls).toEqual([0x000c8040, 0x00064140]);
      expect(apply(packet, set("mpls", [0, be32(0x00192030)]))).toBe(true);
      expect(readParsed(fastPath, packet).mpls).toEqual([0x00192030, 0x00064140]);
      expect(apply(packet, { type: "pop_mpls", etherType: 0x8847 })).toBe(true);
      expect(apply(packet, { type: "pop_mpls", etherType: 0x0800 })).toBe(true);
      expect(frameOf(fastPath, packet)).toEqual(ethernet(0x0800, inner, tags));
      expect(readParsed(fastPath, packet).tpDst).toBe(2);
      expect(apply(packet, { type: "pop_mpls", etherType: 0x0800 })).toBe(false);
    });
  });

  describe("of headers in front of the whole packet", () => {
    const destination = bytesOf("020000000002");
    const source = bytesOf("020000000001");
    const label = (lse: number, covers: "ethernet" | "network"): DatapathAction => ({
      type: "add_mpls",
      etherType: 0x8847,
      lse,
      covers,
    });
    const outer = (...rest: Uint8Array[]) => concat(destination, source, bytesOf("8847"), ...rest);

    it("put a frame behind labels and an Ethernet header, and uncover it again", () => {
      const packet = parseFrame(fastPath, tcp4());
      expect(apply(packet, label(0x00002140, "ethernet"))).toBe(true);
      expect(apply(packet, label(0x00003040, "network"))).toBe(true);
      expect(apply(packet, { type: "push_eth", destination, source })).toBe(true);
      expectInStep(packet);
      expect(frameOf(fastPath, packet)).toEqual(outer(bytesOf("00003040 00002140"), tcp4()));
      expect(readParsed(fastPath, packet).mpls).toEqual([0x00003040, 0x00002140]);
      expect(apply(packet, { type: "pop_eth" })).toBe(true);
      expect(apply(packet, { type: "pop_mpls", etherType: 0x8847 })).toBe(true);
      expect(apply(packet, { type: "pop_mpls", etherType: 0x6558 })).toBe(true);
      expectInStep(packet);
      expect(frameOf(fastPath, packet)).toEqual(tcp4());
      expect(readParsed(fastPath, packet).tpDst).toBe(80);
    });

    it("put a label in an Ethernet header's place", () => {
      const packet = parseFrame(fastPath, tcp4());
      expect(apply(packet, { type: "pop_eth" })).toBe(true);
      expect(apply(packet, label(0x00002140, "network"))).toBe(true);
      expect(apply(packet, { type: "push_eth", destination, source })).toBe(true);
      expectInStep(packet);
      expect(frameOf(fastPath, packet)).toEqual(outer(bytesOf("00002140"), tcp4().subarray(14)));
    });

    it("are refused where there is no room, a tag in the way, or no frame behind the label", () => {
      const packet = parseFrame(fastPath, tcp4());
      fastPath.view.setUint32(packet + PACKET_HEADROOM, 17, true);
      expect(apply(packet, label(0x140, "ethernet"))).toBe(false);
      expect(frameOf(fastPath, packet)).toEqual(tcp4());
      const tagged = ethernet(0x0800, tcp4().subarray(14), [{ tpid: 0x8100, tci: 0x1005 }]);
      expect(apply(parseFrame(fastPath, tagged), { type: "pop_eth" })).toBe(false);
      const short = ethernet(0x8847, concat(bytesOf("00002140"), new Uint8Array(13)));
      expect(apply(parseFrame(fastPath, short), { type: "pop_mpls", etherType: 0x6558 })).toBe(false);
    });
  });

  it("of metadata stay in the key", () => {
    const packet = parseFrame(fastPath, tcp4());
    expect(apply(packet, set("metadata", [0, be32(0x01020304)], [4, be32(0x0a0b0c0d)]))).toBe(true);
    const tunnel = Uint8Array.from({ length: KEY_SIZE - KEY_TUN_ID }, (_, i) => i & 255);
    expect(apply(packet, set("tunnel", [0, tunnel]))).toBe(true);
    const key = keyOf(fastPath, packet);
    expect([...key.slice(KEY_SKB_PRIORITY, KEY_SKB_PRIORITY + 4)]).toEqual([1, 2, 3, 4]);
    expect([...key.slice(KEY_PKT_MARK, KEY_PKT_MARK + 4)]).toEqual([10, 11, 12, 13]);
    expect(key.slice(KEY_TUN_ID)).toEqual(tunnel);
    expect(fastPath.view.getUint32(packet + PACKET_KEY_EXTENT, true)).toBe(KEY_SIZE);
    expect(frameOf(fastPath, packet)).toEqual(tcp4());
    expectInStep(packet);
  });

  const targets = Object.keys(SET_LAYOUTS) as SetTarget[];
  const edits: fc.Arbitrary<DatapathAction> = fc.oneof(
    fc.constantFrom(...targets).chain((target) => {
      const bytes = fc.uint8Array({ minLength: SET_LAYOUTS[target].bytes, maxLength: SET_LAYOUTS[target].bytes });
      const mask = fc.array(fc.constantFrom(0, 0, 255, 255, 15), {
        minLength: SET_LAYOUTS[target].bytes,
        maxLength: SET_LAYOUTS[target].bytes,
      });
      return fc.tuple(bytes, mask).map(([value, bits]) => {
        const maskBytes = Uint8Array.from(bits);
        return { type: "set" as const, target, value: value.map((byte, i) => byte & maskBytes[i]), mask: maskBytes };
      });
    }),
    fc.constant({ type: "pop_vlan" as const }),
    fc
      .constantFrom(0x8100, 0x88a8)
      .chain((tpid) => fc.nat(0xffff).map((tci) => ({ type: "push_vlan" as const, tpid, tci: tci | 0x1000 }))),
    fc.nat(0x7fffffff).map((lse) => ({ type: "push_mpls" as const, etherType: 0x8847, lse })),
  );

  it("in any order keep key, checksums and payload right", () => {
    const head = fc.constantFrom(undefined, 200);
    fc.assert(
      fc.property(
        fc.constantFrom(...sampleFrames()),
        fc.array(edits, { minLength: 1, maxLength: 6 }),
        head,
        (frame, actions, at) => {
          const packet = parseFrame(fastPath, frame, { head: at });
          const wasRight = fastPath.call.verifyTransportChecksum(packet);
          const before = readParsed(fastPath, packet);
          const payload = before.l7 === 0 ? new Uint8Array() : frame.slice(before.l7 + 40);
          for (const action of actions) {
            apply(packet, action);
            expectInStep(packet);
          }
          const after = readParsed(fastPath, packet);
          const bytes = frameOf(fastPath, packet);
          expect(after.badHeaderChecksum).toBe(false);
          if (after.l4 !== 0 && before.l4 !== 0) {
            expect(fastPath.call.verifyTransportChecksum(packet)).toBe(wasRight);
          }
          expect(bytes.slice(bytes.length - payload.length)).toEqual(payload);
        },
      ),
      { numRuns: 4000, seed: 1 },
    );
  });

  it("set exactly the masked bits", () => {
    const frames = sampleFrames();
    fc.assert(
      fc.property(fc.constantFrom(...frames), edits, (frame, action) => {
        if (action.type !== "set") return;
        const packet = parseFrame(fastPath, frame);
        const before = readParsed(fastPath, packet);
        if (!apply(packet, action)) return;
        const after = readParsed(fastPath, packet);
        const expected = (old: Uint8Array, offset: number) =>
          old.map((byte, i) => (byte & ~action.mask[offset + i]) | action.value[offset + i]);
        if (action.target === "ethernet") {
          expect(after.ethDst).toEqual(expected(before.ethDst, 0));
          expect(after.ethSrc).toEqual(expected(before.ethSrc, 6));
        } else if (action.target === "ipv4") {
          expect(after.nwSrc).toEqual(expected(before.nwSrc, 0));
          expect(after.nwDst).toEqual(expected(before.nwDst, 4));
          expect(Uint8Array.of(after.nwTos, after.nwTtl)).toEqual(
            expected(Uint8Array.of(before.nwTos, before.nwTtl), 8),
          );
        } else if (action.target === "ipv6") {
          expect(after.ipv6Src).toEqual(expected(before.ipv6Src, 0));
          expect(after.ipv6Dst).toEqual(expected(before.ipv6Dst, 16));
          expect(Uint8Array.of(after.nwTos, after.nwTtl)).toEqual(
            expected(Uint8Array.of(before.nwTos, before.nwTtl), 36),
          );
        } else if (action.target === "transport") {
          const ports = (parsed: typeof after) => Uint8Array.of(...be16(parsed.tpSrc), ...be16(parsed.tpDst));
          expect(ports(after)).toEqual(expected(ports(before), 0));
        } else if (action.target === "arp") {
          expect(after.nwSrc).toEqual(expected(before.nwSrc, 0));
          expect(after.nwDst).toEqual(expected(before.nwDst, 4));
          expect(after.arpSha).toEqual(expected(before.arpSha, 8));
          expect(after.arpTha).toEqual(expected(before.arpTha, 14));
        }
      }),
      { numRuns: 4000, seed: 2 },
    );
  });
});
