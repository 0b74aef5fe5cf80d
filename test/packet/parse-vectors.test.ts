/** Named frames and the fields they must give: what the parser promises, readable as a specification. */
import { beforeAll, describe, expect, it } from "vitest";
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
} from "../model/frames.ts";
import { type FastPath, instantiateFastPath } from "../model/module.ts";
import type { ParsedPacket } from "../model/packet.ts";
import { parseFrame, readParsed } from "../model/packet-record.ts";

const A4 = { source: ipv4Address("192.168.1.10"), destination: ipv4Address("10.0.0.80") };
const A6 = { source: ipv6Address("fd00:0:0:0:0:0:0:a"), destination: ipv6Address("fd00:0:0:0:0:0:0:b") };
const NO_ADDRESS = new Uint8Array(4);
const SOLICITATION = concat([0, 0, 0, 0], A6.destination, [1, 1], MAC_A);
const ADVERTISEMENT = concat([0x60, 0, 0, 0], A6.source, [2, 1], MAC_B);

/** From reference/1-single-chassis/ns1.pcap: a SYN as a back end behind the load balancer receives it. */
const CAPTURED_SYN = bytesOf(`
  aaaaaa1111aa 000000001000 0800
  4500003c1c6940003f0619e4 0201010a 01010164
  cfaa 1f40 c8adb20c 00000000 a002 faf0 5874 0000 020405b40402080a9036f54c000000000103030a`);

/** Cuts a frame short without telling its headers. */
function cut(frame: Uint8Array, length: number): Uint8Array {
  return frame.slice(0, length);
}

/** Replaces bytes of a frame. */
function patched(frame: Uint8Array, offset: number, ...bytes: number[]): Uint8Array {
  const copy = frame.slice();
  copy.set(bytes, offset);
  return copy;
}

const tcpFrame = ethernet(0x0800, ipv4(A4, 6, tcp(A4, { source: 40000, destination: 80, flags: 0x0c2 })));
const udpFrame = ethernet(0x0800, ipv4(A4, 17, udp(A4, 53000, 53, bytesOf("abcdef"))));
const extension = (next: number, type: number) => ({
  next: type,
  bytes: concat([next, type === 51 ? 2 : 1], new Uint8Array(14)),
});
const options = (bytes: number) => ({ next: 60, bytes: concat([17, bytes / 8 - 1], new Uint8Array(bytes - 2)) });
const ipv6Fragment = (field: number) => ({
  next: 44,
  bytes: bytesOf(`06 00 ${field.toString(16).padStart(4, "0")} 00000001`),
});

const cases: [name: string, frame: Uint8Array, expected: Partial<ParsedPacket>][] = [
  [
    "a captured SYN with options",
    CAPTURED_SYN,
    {
      ethType: 0x0800,
      nwProto: 6,
      nwTtl: 63,
      tpSrc: 53162,
      tpDst: 8000,
      tcpFlags: 0x002,
      l3: 14,
      l4: 34,
      l7: 74,
      l3Length: 60,
      badHeaderChecksum: false,
    },
  ],
  [
    "TCP flags are 12 bits, data offset left out",
    tcpFrame,
    { tcpFlags: 0x0c2, nwSrc: A4.source, nwDst: A4.destination, ethDst: MAC_B, ethSrc: MAC_A, torn: false },
  ],
  ["UDP over IPv4", udpFrame, { nwProto: 17, tpSrc: 53000, tpDst: 53, l4: 34, l7: 42 }],
  [
    "SCTP has ports",
    ethernet(0x0800, ipv4(A4, 132, sctp(5000, 6000, bytesOf("00 00 00 04")))),
    { nwProto: 132, tpSrc: 5000, tpDst: 6000, l7: 46 },
  ],
  [
    "ICMP type and code stand in the ports",
    ethernet(0x0800, ipv4(A4, 1, icmp(8, 0, bytesOf("00010001")))),
    { nwProto: 1, tpSrc: 8, tpDst: 0, l7: 42 },
  ],
  [
    "IPv4 options shift L4",
    ethernet(0x0800, ipv4({ ...A4, options: bytesOf("01010101") }, 17, udp(A4, 1, 2))),
    { l4: 38 },
  ],
  [
    "Ethernet padding is not part of L3",
    concat(udpFrame, new Uint8Array(12)),
    { l3Length: udpFrame.length - 14, torn: false },
  ],
  [
    "a wrong IPv4 header checksum is noted and nothing else changes",
    patched(udpFrame, 24, 0xde, 0xad),
    { badHeaderChecksum: true, tpSrc: 53000 },
  ],
  [
    "the first fragment has its ports",
    ethernet(0x0800, ipv4({ ...A4, fragment: 0x2000 }, 17, udp(A4, 7, 8, new Uint8Array(24)))),
    { nwFrag: 1, tpSrc: 7, tpDst: 8, l4: 34 },
  ],
  [
    "a later fragment has none",
    ethernet(0x0800, ipv4({ ...A4, fragment: 0x2003 }, 17, udp(A4, 7, 8, new Uint8Array(24)))),
    { nwFrag: 3, tpSrc: 0, tpDst: 0, nwProto: 17, l4: 0, l7: 0, torn: false },
  ],
  [
    "the last fragment is a later one",
    ethernet(0x0800, ipv4({ ...A4, fragment: 0x0010 }, 17, new Uint8Array(8))),
    { nwFrag: 3, l4: 0 },
  ],
  [
    "an IPv4 total length past the frame's end is torn: no L3 fields",
    cut(tcpFrame, tcpFrame.length - 1),
    { torn: true, nwProto: 0, nwSrc: NO_ADDRESS, l3: 14, l4: 0, l3Length: 0 },
  ],
  ["an IPv4 header length under 20 is torn", patched(tcpFrame, 14, 0x44), { torn: true, nwProto: 0 }],
  ["an IPv4 header length past the total length is torn", patched(udpFrame, 14, 0x4f), { torn: true, nwProto: 0 }],
  [
    "a TCP header cut by the IP length leaves L4 zero",
    ethernet(0x0800, ipv4(A4, 6, tcp(A4, { source: 1, destination: 2 }).slice(0, 19))),
    { torn: true, nwProto: 6, nwSrc: A4.source, tpSrc: 0, tcpFlags: 0, l4: 0 },
  ],
  [
    "a TCP data offset past the packet's end leaves L4 zero",
    patched(tcpFrame, 34 + 12, 0xf0),
    { torn: true, tpSrc: 0, tcpFlags: 0, l4: 0 },
  ],
  ["a UDP header of 7 bytes leaves L4 zero", ethernet(0x0800, ipv4(A4, 17, new Uint8Array(7))), { torn: true, l4: 0 }],
  [
    "padding does not lend bytes to a short L4 header",
    concat(ethernet(0x0800, ipv4(A4, 17, bytesOf("00010002"))), new Uint8Array(20)),
    { torn: true, tpSrc: 0, l4: 0 },
  ],
  [
    "an unknown protocol keeps its number only",
    ethernet(0x0800, ipv4(A4, 47, bytesOf("deadbeefdeadbeef"))),
    { nwProto: 47, l4: 0, torn: false },
  ],
  [
    "one VLAN tag",
    ethernet(0x0800, ipv4(A4, 17, udp(A4, 1, 2)), [{ tpid: 0x8100, tci: 0x6005 }]),
    { vlans: [{ tpid: 0x8100, tci: 0x7005 }], ethType: 0x0800, l3: 18, tpDst: 2 },
  ],
  [
    "two tags, outer first",
    ethernet(0x0800, ipv4(A4, 17, udp(A4, 1, 2)), [
      { tpid: 0x88a8, tci: 100 },
      { tpid: 0x8100, tci: 200 },
    ]),
    {
      vlans: [
        { tpid: 0x88a8, tci: 0x1064 },
        { tpid: 0x8100, tci: 0x10c8 },
      ],
      l3: 22,
      tpDst: 2,
    },
  ],
  [
    "a third tag is payload",
    ethernet(0x0800, ipv4(A4, 17, udp(A4, 1, 2)), [
      { tpid: 0x8100, tci: 1 },
      { tpid: 0x8100, tci: 2 },
      { tpid: 0x8100, tci: 3 },
    ]),
    { ethType: 0x8100, nwProto: 0, l3: 22, l4: 0 },
  ],
  [
    "a tag without a type after it is none",
    cut(ethernet(0x0800, new Uint8Array(), [{ tpid: 0x8100, tci: 1 }]), 17),
    { vlans: [], ethType: 0x8100, l3: 14 },
  ],
  [
    "VLAN 0 counts as a tag",
    ethernet(0x0806, new Uint8Array(), [{ tpid: 0x8100, tci: 0 }]),
    { vlans: [{ tpid: 0x8100, tci: 0x1000 }] },
  ],
  [
    "802.3 with SNAP has the SNAP type",
    ethernet(36, concat(bytesOf("aaaa03 000000 0800"), ipv4(A4, 17, udp(A4, 1, 2)))),
    { ethType: 0x0800, l3: 22, tpDst: 2 },
  ],
  ["802.2 without SNAP is 0x05ff", ethernet(38, bytesOf("424203 0000000000000000")), { ethType: 0x05ff, l3: 14 }],
  [
    "SNAP of another organization is 0x05ff",
    ethernet(38, bytesOf("aaaa03 00000c 2000 0102")),
    { ethType: 0x05ff, l3: 14 },
  ],
  [
    "SNAP with a length for a type is 0x05ff",
    ethernet(38, bytesOf("aaaa03 000000 0100 0102")),
    { ethType: 0x05ff, l3: 22 },
  ],
  [
    "ARP request",
    ethernet(0x0806, arp(1, A4.source, A4.destination)),
    { nwProto: 1, nwSrc: A4.source, nwDst: A4.destination, arpSha: MAC_A, arpTha: MAC_B, l3: 14, l4: 0 },
  ],
  ["RARP is read like ARP", ethernet(0x8035, arp(3, A4.source, A4.destination)), { nwProto: 3, nwSrc: A4.source }],
  [
    "ARP operations past 255 are 0 in the key",
    ethernet(0x0806, arp(0x0101, A4.source, A4.destination)),
    { nwProto: 0, nwSrc: A4.source },
  ],
  [
    "ARP for another hardware has no fields",
    ethernet(0x0806, patched(arp(1, A4.source, A4.destination), 1, 6)),
    { nwProto: 0, nwSrc: NO_ADDRESS, arpSha: new Uint8Array(6) },
  ],
  [
    "ARP of 27 bytes is torn",
    ethernet(0x0806, arp(1, A4.source, A4.destination).slice(0, 27)),
    { torn: true, nwProto: 0 },
  ],
  [
    "TCP over IPv6, with traffic class and flow label",
    ethernet(0x86dd, ipv6({ ...A6, tos: 0xb8, label: 0x12345, ttl: 3 }, 6, tcp(A6, { source: 1, destination: 2 }))),
    {
      ipv6Src: A6.source,
      ipv6Dst: A6.destination,
      nwTos: 0xb8,
      ipv6Label: 0x12345,
      nwTtl: 3,
      nwProto: 6,
      tpDst: 2,
      l4: 54,
      l7: 74,
    },
  ],
  ...[0, 43, 60, 51].map((type): [string, Uint8Array, Partial<ParsedPacket>] => [
    `IPv6 extension header ${type} is walked over`,
    ethernet(0x86dd, ipv6({ ...A6, extensions: extension(17, type) }, 17, udp(A6, 1, 2))),
    { nwProto: 17, tpDst: 2, l4: 70 },
  ]),
  [
    "IPv6 ESP is a protocol like any other",
    ethernet(0x86dd, ipv6(A6, 50, new Uint8Array(16))),
    { nwProto: 50, l4: 0, torn: false },
  ],
  [
    "the first IPv6 fragment has its ports",
    ethernet(0x86dd, ipv6({ ...A6, extensions: ipv6Fragment(0x0001) }, 6, tcp(A6, { source: 1, destination: 2 }))),
    { nwFrag: 1, nwProto: 6, tpDst: 2 },
  ],
  [
    "an atomic IPv6 fragment is none",
    ethernet(0x86dd, ipv6({ ...A6, extensions: ipv6Fragment(0) }, 6, tcp(A6, { source: 1, destination: 2 }))),
    { nwFrag: 0, tpDst: 2 },
  ],
  [
    "reserved bits alone make an IPv6 fragment",
    ethernet(0x86dd, ipv6({ ...A6, extensions: ipv6Fragment(0x0002) }, 6, tcp(A6, { source: 1, destination: 2 }))),
    { nwFrag: 1, tpDst: 2 },
  ],
  [
    "an IPv6 fragment at an offset of 256 bytes is a later one",
    ethernet(0x86dd, ipv6({ ...A6, extensions: ipv6Fragment(0x0100) }, 6, new Uint8Array(40))),
    { nwFrag: 3, nwProto: 44, l4: 0 },
  ],
  [
    "headers may end 192 bytes after L3 began",
    ethernet(0x86dd, ipv6({ ...A6, extensions: options(144) }, 17, udp(A6, 1, 2))),
    { nwProto: 17, tpDst: 2, l4: 198, l7: 206, torn: false },
  ],
  [
    "and no further: the packet is torn",
    ethernet(0x86dd, ipv6({ ...A6, extensions: options(152) }, 17, udp(A6, 1, 2))),
    { nwProto: 17, tpDst: 0, l4: 0, torn: true },
  ],
  [
    "a later IPv6 fragment has protocol 44 and no ports",
    ethernet(0x86dd, ipv6({ ...A6, extensions: ipv6Fragment(0x0589) }, 6, new Uint8Array(40))),
    { nwFrag: 3, nwProto: 44, tpDst: 0, l4: 0 },
  ],
  [
    "torn IPv6 extensions leave the addresses only",
    ethernet(0x86dd, ipv6({ ...A6, ttl: 9 }, 0, bytesOf("1101000000000000"))),
    { torn: true, ipv6Src: A6.source, nwProto: 0, nwTtl: 0, l4: 0, l3Length: 0 },
  ],
  [
    "an IPv6 payload length past the frame's end is torn",
    cut(ethernet(0x86dd, ipv6(A6, 17, udp(A6, 1, 2))), 61),
    { torn: true, ipv6Src: new Uint8Array(16) },
  ],
  [
    "neighbor solicitation with source link-layer address",
    ethernet(0x86dd, ipv6({ ...A6, ttl: 255 }, 58, icmpv6(A6, 135, 0, SOLICITATION))),
    {
      tpSrc: 135,
      tpDst: 0,
      ndTarget: A6.destination,
      arpSha: MAC_A,
      arpTha: new Uint8Array(6),
      ndOptionsType: 1,
      ndReserved: 0,
    },
  ],
  [
    "neighbor advertisement with target link-layer address and flags",
    ethernet(0x86dd, ipv6({ ...A6, ttl: 255 }, 58, icmpv6(A6, 136, 0, ADVERTISEMENT))),
    { tpSrc: 136, ndTarget: A6.source, arpTha: MAC_B, ndOptionsType: 2, ndReserved: 0x60000000 },
  ],
  [
    "a link-layer option given twice voids target and addresses",
    ethernet(0x86dd, ipv6(A6, 58, icmpv6(A6, 135, 0, concat(SOLICITATION, [1, 1], MAC_B)))),
    { ndTarget: new Uint8Array(16), arpSha: new Uint8Array(6), ndOptionsType: 1 },
  ],
  [
    "an option that reaches past the packet ends the walk, Ethernet padding or not",
    concat(
      ethernet(0x86dd, ipv6(A6, 58, icmpv6(A6, 135, 0, concat([0, 0, 0, 0], A6.source, [9, 2], MAC_B)))),
      new Uint8Array(8),
      [1, 1],
      MAC_A,
    ),
    { ndTarget: A6.source, arpSha: new Uint8Array(6), ndOptionsType: 0 },
  ],
  [
    "an option of length 0 ends the walk",
    ethernet(0x86dd, ipv6(A6, 58, icmpv6(A6, 135, 0, concat([0, 0, 0, 0], A6.source, [1, 0], MAC_B, [1, 1], MAC_A)))),
    { ndTarget: A6.source, arpSha: new Uint8Array(6), ndOptionsType: 0 },
  ],
  [
    "a code other than 0 makes it no neighbor discovery",
    ethernet(0x86dd, ipv6(A6, 58, icmpv6(A6, 135, 1, SOLICITATION))),
    { tpSrc: 135, tpDst: 1, ndTarget: new Uint8Array(16) },
  ],
  [
    "MPLS labels, up to three",
    ethernet(0x8847, bytesOf("00064040 000c8040 00130040 00190140")),
    { mpls: [0x00064040, 0x000c8040, 0x00130040], l3: 14, l4: 0 },
  ],
  ["MPLS ends at the bottom of the stack", ethernet(0x8848, bytesOf("00064140 deadbeef")), { mpls: [0x00064140] }],
  ["13 bytes are no Ethernet frame", cut(tcpFrame, 13), { torn: true, ethType: 0, ethDst: new Uint8Array(6), l3: 0 }],
];

describe("parse", () => {
  let fastPath: FastPath;
  beforeAll(() => {
    fastPath = instantiateFastPath();
  });

  it.each(cases)("%s", (_name, frame, expected) => {
    expect(readParsed(fastPath, parseFrame(fastPath, frame))).toMatchObject(expected);
  });
});
