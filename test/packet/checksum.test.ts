/** Checksums against the RFCs' definitions, byte by byte (test/model/checksums.ts). */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { PACKET_DATA, PACKET_L4, VNET_F_DATA_VALID, VNET_F_NEEDS_CSUM } from "../../assembly/layout/packet.ts";
import { ARENA_BASE } from "../../assembly/memory.ts";
import { crc32c, internetChecksum, onesSum } from "../model/checksums.ts";
import {
  be16,
  bytesOf,
  concat,
  ethernet,
  icmp,
  icmpv6,
  ipv4,
  ipv4Address,
  ipv6,
  ipv6Address,
  sctp,
  tcp,
  udp,
} from "../model/frames.ts";
import { type FastPath, instantiateFastPath } from "../model/module.ts";
import { frameOf, parseFrame } from "../model/packet-record.ts";
import { referenceFrames } from "../model/pcap.ts";

const A4 = { source: ipv4Address("192.168.1.10"), destination: ipv4Address("10.0.0.80") };
const A6 = { source: ipv6Address("fd00:0:0:0:0:0:0:a"), destination: ipv6Address("fd00:0:0:0:0:0:0:b") };
const CHECKSUM_OFFSETS = { tcp: 16, udp: 6, sctp: 8, icmp: 2 };

/** Frames with right L4 checksums, one of each protocol, around a payload. */
function framesWith(payload: Uint8Array): { name: string; frame: Uint8Array; field: number; bytes: number }[] {
  const v4 = (protocol: number, l4: Uint8Array) => ethernet(0x0800, ipv4(A4, protocol, l4));
  const v6 = (protocol: number, l4: Uint8Array) => ethernet(0x86dd, ipv6(A6, protocol, l4));
  const ports = { source: 40000, destination: 80 };
  return [
    { name: "TCP/IPv4", frame: v4(6, tcp(A4, ports, payload)), field: 34 + CHECKSUM_OFFSETS.tcp, bytes: 2 },
    { name: "TCP/IPv6", frame: v6(6, tcp(A6, ports, payload)), field: 54 + CHECKSUM_OFFSETS.tcp, bytes: 2 },
    { name: "UDP/IPv4", frame: v4(17, udp(A4, 1, 2, payload)), field: 34 + CHECKSUM_OFFSETS.udp, bytes: 2 },
    { name: "UDP/IPv6", frame: v6(17, udp(A6, 1, 2, payload)), field: 54 + CHECKSUM_OFFSETS.udp, bytes: 2 },
    { name: "SCTP/IPv4", frame: v4(132, sctp(1, 2, payload)), field: 34 + CHECKSUM_OFFSETS.sctp, bytes: 4 },
    { name: "SCTP/IPv6", frame: v6(132, sctp(1, 2, payload)), field: 54 + CHECKSUM_OFFSETS.sctp, bytes: 4 },
    {
      name: "ICMP",
      frame: v4(1, icmp(8, 0, concat(be16(1), be16(2), payload))),
      field: 34 + CHECKSUM_OFFSETS.icmp,
      bytes: 2,
    },
    {
      name: "ICMPv6",
      frame: v6(58, icmpv6(A6, 128, 0, concat(be16(1), be16(2), payload))),
      field: 54 + CHECKSUM_OFFSETS.icmp,
      bytes: 2,
    },
  ];
}

describe("checksum primitives", () => {
  let fastPath: FastPath;
  beforeAll(() => {
    fastPath = instantiateFastPath();
  });
  const bytes = fc.uint8Array({ maxLength: 300 });

  it("sum any bytes at any alignment like RFC 1071", () => {
    fc.assert(
      fc.property(bytes, fc.nat(15), (data, alignment) => {
        const at = ARENA_BASE + alignment;
        fastPath.bytes.set(data, at);
        const sum = fastPath.call.foldSum(fastPath.call.sumBytes(at, data.length, 0n));
        expect(((sum & 0xff) << 8) | (sum >>> 8)).toBe(onesSum(data));
      }),
    );
  });

  it("sum 64 KB of ones without losing a carry", () => {
    fastPath.bytes.fill(0xff, ARENA_BASE, ARENA_BASE + 65536);
    expect(fastPath.call.foldSum(fastPath.call.sumBytes(ARENA_BASE, 65536, 0n))).toBe(0xffff);
  });

  it("patch a 32-bit word to the checksum of the changed bytes", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 20, maxLength: 20 }),
        fc.nat(4),
        fc.nat(0xffffffff),
        (data, word, value) => {
          data.set([0, 0], 10);
          data.set(be16(internetChecksum(data)), 10);
          if (word === 2) return; // the checksum's own word
          fastPath.bytes.set(data, ARENA_BASE);
          const field = ARENA_BASE + word * 4;
          const before = fastPath.view.getUint32(field, true);
          fastPath.view.setUint32(field, value, true);
          fastPath.call.patchChecksum32(ARENA_BASE + 10, before, value);
          expect(onesSum(fastPath.bytes.slice(ARENA_BASE, ARENA_BASE + 20)) % 0xffff).toBe(0);
        },
      ),
    );
  });

  it("patch 0x0000 and 0xffff as RFC 1624 demands", () => {
    // Section 4: header checksum 0xdd2f, word 0x5555 becomes 0x3285: the checksum becomes 0x0000, not 0xffff.
    fastPath.bytes.set([0xdd, 0x2f], ARENA_BASE);
    fastPath.call.patchChecksum16(ARENA_BASE, 0x5555, 0x8532);
    expect([...fastPath.bytes.slice(ARENA_BASE, ARENA_BASE + 2)]).toEqual([0, 0]);
  });

  it("compute the IPv4 header checksum, options included", () => {
    const header = ipv4({ ...A4, options: bytesOf("0102030405060708") }, 17, new Uint8Array(8)).slice(0, 28);
    fastPath.bytes.set(header, ARENA_BASE);
    fastPath.bytes.set([0xaa, 0xbb], ARENA_BASE + 10);
    expect(fastPath.call.verifyIpv4Checksum(ARENA_BASE, 28)).toBe(0);
    fastPath.call.finishIpv4Checksum(ARENA_BASE);
    expect(fastPath.bytes.slice(ARENA_BASE, ARENA_BASE + 28)).toEqual(header);
    expect(fastPath.call.verifyIpv4Checksum(ARENA_BASE, 28)).toBe(1);
  });

  it("give the CRC32c of RFC 3720's examples", () => {
    const crc = (data: Uint8Array) => {
      fastPath.bytes.set(data, ARENA_BASE);
      const start = fastPath.call.startCrc32c();
      return fastPath.call.finishCrc32c(fastPath.call.addCrc32c(start, ARENA_BASE, data.length)) >>> 0;
    };
    expect(crc(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
    fc.assert(
      fc.property(bytes, (data) => {
        expect(crc(data)).toBe(crc32c(data));
      }),
    );
  });

  it("advance a CRC over zeros as if they had been read", () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(2000), (register, length) => {
        fastPath.bytes.fill(0, ARENA_BASE, ARENA_BASE + length);
        fastPath.call.startCrc32c();
        expect(fastPath.call.advanceCrc32c(register, length)).toBe(
          fastPath.call.addCrc32c(register, ARENA_BASE, length),
        );
      }),
    );
  });
});

describe("transport checksums", () => {
  let fastPath: FastPath;
  beforeAll(() => {
    fastPath = instantiateFastPath();
  });
  const verify = (frame: Uint8Array, head?: number) =>
    fastPath.call.verifyTransportChecksum(parseFrame(fastPath, frame, { head }));

  it("verify for every protocol, payload length and place where the head ends", () => {
    for (let length = 0; length < 40; length++) {
      const payload = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 255);
      for (const { name, frame, field } of framesWith(payload)) {
        for (let head = field + 8; head <= frame.length; head++) {
          const packet = parseFrame(fastPath, frame, { head });
          if (fastPath.view.getUint16(packet + PACKET_L4, true) === 0) continue; // the header itself is cut
          expect(fastPath.call.verifyTransportChecksum(packet), `${name} length ${length} head ${head}`).toBe(1);
        }
      }
    }
  });

  it("do not verify after any one bit of L4 has changed", () => {
    for (const { name, frame, field } of framesWith(bytesOf("00112233"))) {
      const l4 = name.endsWith("6") ? 54 : 34;
      for (let at = l4; at < frame.length; at++) {
        if (name.startsWith("TCP") && at === l4 + 12) continue; // the data offset
        const broken = frame.slice();
        broken[at] ^= 0x10;
        expect(verify(broken), `${name} byte ${at}, checksum at ${field}`).toBe(0);
      }
    }
  });

  it("are recomputed to what the sender had", () => {
    for (const { frame, field, bytes } of framesWith(bytesOf("0011223344"))) {
      const broken = frame.slice();
      broken.fill(0x5a, field, field + bytes);
      const packet = parseFrame(fastPath, broken);
      fastPath.call.computeTransportChecksum(packet);
      expect(frameOf(fastPath, packet)).toEqual(frame);
    }
  });

  it("verify for what was captured", () => {
    const ip = referenceFrames().filter((frame) => frame[12] === 8 && frame[13] === 0);
    expect(ip.length).toBeGreaterThan(400);
    const wrong = ip.filter((frame) => verify(frame) === 0);
    // SCTP senders of the reference had no SCTP module; TCP and UDP were captured with tx offload off.
    expect(wrong.filter((frame) => frame[23] !== 132)).toEqual([]);
  });

  it("of UDP may be missing over IPv4 and not over IPv6", () => {
    const [, , v4, v6] = framesWith(new Uint8Array(3));
    for (const { frame, field } of [v4, v6]) frame.set([0, 0], field);
    expect(verify(v4.frame)).toBe(1);
    expect(verify(v6.frame)).toBe(0);
  });

  it("of UDP that come out as 0 are sent as 0xffff", () => {
    // A payload word that makes the sum come out as 0xffff, so that its complement is 0.
    const plain = udp(A4, 1, 2, new Uint8Array(2));
    const word = plain.slice(6, 8);
    const frame = ethernet(0x0800, ipv4(A4, 17, udp(A4, 1, 2, word)));
    expect([...frame.slice(40, 42)]).toEqual([0xff, 0xff]);
    frame.set([0, 0], 40);
    const packet = parseFrame(fastPath, frame);
    fastPath.call.computeTransportChecksum(packet);
    expect([...frameOf(fastPath, packet).slice(40, 42)]).toEqual([0xff, 0xff]);
  });

  it("are believed when the offload metadata vouches for them", () => {
    for (const { frame, field } of framesWith(bytesOf("0011"))) {
      frame[field] ^= 0xff;
      const l4 = frame[12] === 8 ? 34 : 54;
      const offload = { checksumStart: l4, checksumOffset: field - l4 };
      const valid = parseFrame(fastPath, frame, { offload: { flags: VNET_F_DATA_VALID } });
      expect(fastPath.call.verifyTransportChecksum(valid)).toBe(1);
      const partial = parseFrame(fastPath, frame, { offload: { flags: VNET_F_NEEDS_CSUM, ...offload } });
      expect(fastPath.call.verifyTransportChecksum(partial)).toBe(1);
    }
  });

  it("of fragments are not judged", () => {
    const datagram = udp(A4, 1, 2, new Uint8Array(64));
    const frame = ethernet(0x0800, ipv4({ ...A4, fragment: 0x2000 }, 17, datagram.slice(0, 24)));
    expect(verify(frame)).toBe(1);
  });

  it("do not cover Ethernet padding", () => {
    for (const { frame } of framesWith(new Uint8Array(1))) expect(verify(concat(frame, bytesOf("deadbeef")))).toBe(1);
  });

  it("change nothing outside the field", () => {
    const packet = parseFrame(fastPath, framesWith(bytesOf("0011"))[0].frame);
    const data = fastPath.view.getUint32(packet + PACKET_DATA, true);
    const around = fastPath.bytes.slice(data - 128, data + 256);
    fastPath.call.computeTransportChecksum(packet);
    expect(fastPath.bytes.slice(data - 128, data + 256)).toEqual(around);
  });
});
