/** Frames of every kind the parser knows, and ways to break them. */
import fc from "fast-check";
import {
  arp,
  bytesOf,
  concat,
  ethernet,
  icmp,
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
} from "./frames.ts";

const A4 = { source: ipv4Address("192.168.1.10"), destination: ipv4Address("10.0.0.80") };
const A6 = { source: ipv6Address("fd00:0:0:0:0:0:0:a"), destination: ipv6Address("2001:db8:1:2:3:4:5:6") };
const TEXT = Uint8Array.from({ length: 37 }, (_, i) => 0x41 + (i % 26));
const TCP_OPTIONS = bytesOf("020405b4 0402080a 0001020300000000 01030307");
const ROUTING = { next: 43, bytes: concat([17, 2, 4, 0, 0, 0, 0, 0], new Uint8Array(16)) };
const FRAGMENT = { next: 44, bytes: bytesOf("06 00 0001 00000001") };

/** One valid frame of each kind, small enough for a clone head. */
export function sampleFrames(): Uint8Array[] {
  const solicitation = concat([0, 0, 0, 0], A6.destination, [1, 1], MAC_A);
  const advertisement = concat([0x60, 0, 0, 0], A6.source, [14, 1, 0, 0, 0, 0, 0, 0], [2, 1], MAC_B);
  const v4 = [
    ipv4(A4, 6, tcp(A4, { source: 40000, destination: 80, flags: 0x18, options: TCP_OPTIONS }, TEXT)),
    ipv4({ ...A4, tos: 0x28, options: bytesOf("94040000") }, 17, udp(A4, 5353, 53, TEXT)),
    ipv4({ ...A4, ttl: 1 }, 132, sctp(5000, 6000, TEXT)),
    ipv4(A4, 1, icmp(8, 0, TEXT)),
    ipv4({ ...A4, fragment: 0x2000 }, 17, udp(A4, 5, 6, TEXT.slice(0, 16))),
    ipv4({ ...A4, fragment: 0x0003 }, 17, TEXT),
    ipv4(A4, 47, TEXT),
  ].map((packet) => ethernet(0x0800, packet));
  const v6 = [
    ipv6({ ...A6, tos: 0x0c, label: 0xabcde }, 6, tcp(A6, { source: 1024, destination: 443 }, TEXT)),
    ipv6(A6, 17, udp(A6, 53, 5353, TEXT)),
    ipv6(A6, 132, sctp(5000, 6000, TEXT)),
    ipv6({ ...A6, ttl: 255 }, 58, icmpv6(A6, 135, 0, solicitation)),
    ipv6({ ...A6, ttl: 255 }, 58, icmpv6(A6, 136, 0, advertisement)),
    ipv6(A6, 58, icmpv6(A6, 128, 0, TEXT)),
    ipv6({ ...A6, extensions: ROUTING }, 17, udp(A6, 1, 2, TEXT)),
    ipv6({ ...A6, extensions: FRAGMENT }, 6, tcp(A6, { source: 1, destination: 2 }, TEXT)),
  ].map((packet) => ethernet(0x86dd, packet));
  const tagged = [
    ethernet(0x0800, ipv4(A4, 17, udp(A4, 1, 2, TEXT)), [{ tpid: 0x8100, tci: 0x2064 }]),
    ethernet(0x86dd, ipv6(A6, 6, tcp(A6, { source: 1, destination: 2 })), [
      { tpid: 0x88a8, tci: 7 },
      { tpid: 0x8100, tci: 8 },
    ]),
    ethernet(0x0800, ipv4(A4, 17, udp(A4, 1, 2, TEXT)), [
      { tpid: 0x88a8, tci: 7 },
      { tpid: 0x8100, tci: 8 },
      { tpid: 0x8100, tci: 9 },
    ]),
  ];
  return [
    ...v4,
    ...v6,
    ...tagged,
    ethernet(0x0806, arp(1, A4.source, A4.destination)),
    ethernet(0x8035, arp(3, A4.source, A4.destination)),
    ethernet(0x8847, concat(bytesOf("00064040 000c8140"), ipv4(A4, 17, udp(A4, 1, 2, TEXT)))),
    ethernet(0x0026, concat(bytesOf("aaaa03 000000 0800"), ipv4(A4, 17, udp(A4, 1, 2, TEXT)))),
    ethernet(0x0026, concat(bytesOf("424203"), TEXT)),
  ];
}

export interface Mutation {
  readonly kind: "byte" | "truncate" | "extend" | "insert" | "delete";
  /** 0..1 of the frame's first 128 bytes, or of its length. */
  readonly where: number;
  readonly value: number;
}

const INTERESTING = [
  0, 1, 2, 4, 5, 6, 8, 17, 40, 43, 44, 45, 51, 58, 60, 64, 81, 96, 127, 128, 132, 135, 136, 221, 255,
];

export function mutations(): fc.Arbitrary<Mutation[]> {
  const value = fc.oneof(fc.constantFrom(...INTERESTING), fc.integer({ min: 0, max: 255 }));
  const kind = fc.constantFrom<Mutation["kind"]>(
    "byte",
    "byte",
    "byte",
    "byte",
    "truncate",
    "extend",
    "insert",
    "delete",
  );
  const where = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
  return fc.array(fc.record({ kind, where, value }), { minLength: 1, maxLength: 6 });
}

export function mutate(frame: Uint8Array, changes: readonly Mutation[]): Uint8Array {
  let bytes = frame;
  for (const { kind, where, value } of changes) {
    const at = Math.floor(where * Math.min(bytes.length, 128));
    if (kind === "byte" && bytes.length > 0) {
      bytes = bytes.slice();
      bytes[at] = value;
    } else if (kind === "truncate") bytes = bytes.slice(0, Math.floor(where * bytes.length));
    else if (kind === "extend") bytes = concat(bytes, new Uint8Array(value).fill(value));
    else if (kind === "insert") bytes = concat(bytes.slice(0, at), [value, value, value, value], bytes.slice(at));
    else if (kind === "delete") bytes = concat(bytes.slice(0, at), bytes.slice(at + (value % 8)));
  }
  return bytes;
}
