/** Partial checksums and super-packets: what leaves is what a sender without offloads would have sent. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { CONTROL_POOL_NEXT } from "../../assembly/layout/control.ts";
import { PACKET_SLOTS } from "../../assembly/layout/limits.ts";
import {
  PACKET_CSUM_OFFSET,
  PACKET_CSUM_START,
  PACKET_GSO_SIZE,
  PACKET_GSO_TYPE,
  PACKET_HEAD_LENGTH,
  PACKET_LENGTH,
  PACKET_PAYLOAD,
  PACKET_VNET_FLAGS,
  VNET_F_NEEDS_CSUM,
  VNET_GSO_ECN,
  VNET_GSO_NONE,
  VNET_GSO_TCPV4,
  VNET_GSO_TCPV6,
  VNET_GSO_UDP,
  VNET_GSO_UDP_L4,
} from "../../assembly/layout/packet.ts";
import { CONTROL_BASE } from "../../assembly/memory.ts";
import { pseudoHeaderSum } from "../model/checksums.ts";
import {
  be16,
  concat,
  ethernet,
  type Ip,
  icmpv6,
  ipv4,
  ipv4Address,
  ipv6,
  ipv6Address,
  sctp,
  type Tag,
  tcp,
  udp,
} from "../model/frames.ts";
import { type FastPath, instantiateFastPath } from "../model/module.ts";
import { frameOf, listOf, type Offload, parseFrame } from "../model/packet-record.ts";

const A4 = { source: ipv4Address("192.168.1.10"), destination: ipv4Address("10.0.0.80") };
const A6 = { source: ipv6Address("fd00:0:0:0:0:0:0:a"), destination: ipv6Address("fd00:0:0:0:0:0:0:b") };
const TAG = { tpid: 0x8100, tci: 100 };
const FIN = 0x01;
const PSH = 0x08;
const ACK = 0x10;
const CWR = 0x80;

interface Stream {
  readonly family: 4 | 6;
  readonly protocol: 6 | 17;
  readonly payload: Uint8Array;
  readonly flags?: number;
  readonly sequence?: number;
  readonly id?: number;
  readonly options?: Uint8Array;
  readonly tags?: readonly Tag[];
}

/** The frame that carries `payload` of a stream, with finished checksums: the reference for segments. */
function frameFor(stream: Stream, payload: Uint8Array): Uint8Array {
  const ip = stream.family === 4 ? A4 : A6;
  const { sequence, flags, options } = stream;
  const l4 =
    stream.protocol === 6
      ? tcp(ip, { source: 40000, destination: 80, sequence, flags, options }, payload)
      : udp(ip, 40000, 80, payload);
  return stream.family === 4
    ? ethernet(0x0800, ipv4({ ...ip, id: stream.id }, stream.protocol, l4), stream.tags)
    : ethernet(0x86dd, ipv6(ip, stream.protocol, l4), stream.tags);
}

/** Replaces the checksum by the pseudo-header's sum, as a sender with offloads does. */
function leaveChecksumOpen(frame: Uint8Array, ip: Ip, protocol: number, l4: number, field: number): Offload {
  frame.set(be16(pseudoHeaderSum(ip.source, ip.destination, protocol, frame.length - l4)), l4 + field);
  return { flags: VNET_F_NEEDS_CSUM, checksumStart: l4, checksumOffset: field };
}

const l4Of = (stream: Stream) => 14 + (stream.tags ?? []).length * 4 + (stream.family === 4 ? 20 : 40);
const headersOf = (stream: Stream) => l4Of(stream) + (stream.protocol === 6 ? 20 + (stream.options ?? []).length : 8);

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 255);
}

describe("finishChecksum", () => {
  let fastPath: FastPath;
  beforeAll(() => {
    fastPath = instantiateFastPath();
  });

  it.each<[string, Stream]>([
    ["TCP over IPv4", { family: 4, protocol: 6, payload: pattern(101) }],
    ["TCP over IPv6", { family: 6, protocol: 6, payload: pattern(1400) }],
    ["UDP over IPv4", { family: 4, protocol: 17, payload: pattern(33) }],
    ["UDP over IPv6 with a tag", { family: 6, protocol: 17, payload: pattern(33), tags: [TAG] }],
  ])("gives %s the checksum that the sender left open", (_name, stream) => {
    const wanted = frameFor(stream, stream.payload);
    const frame = wanted.slice();
    const ip = stream.family === 4 ? A4 : A6;
    const offload = leaveChecksumOpen(frame, ip, stream.protocol, l4Of(stream), stream.protocol === 6 ? 16 : 6);
    expect(frame).not.toEqual(wanted);
    for (const head of [frame.length, 80]) {
      const packet = parseFrame(fastPath, frame, { offload, head });
      fastPath.call.finishChecksum(packet);
      expect(frameOf(fastPath, packet)).toEqual(wanted);
      expect(fastPath.view.getUint8(packet + PACKET_VNET_FLAGS)).toBe(0);
    }
  });

  it("gives SCTP its CRC32c", () => {
    const wanted = ethernet(0x0800, ipv4(A4, 132, sctp(1, 2, pattern(50))));
    const frame = wanted.slice();
    frame.set([0, 0, 0, 0], 42);
    const offload = { flags: VNET_F_NEEDS_CSUM, checksumStart: 34, checksumOffset: 8 };
    const packet = parseFrame(fastPath, frame, { offload });
    fastPath.call.finishChecksum(packet);
    expect(frameOf(fastPath, packet)).toEqual(wanted);
  });

  it("finishes the inner packet of a sender's own tunnel", () => {
    const inner = frameFor({ family: 4, protocol: 6, payload: pattern(9) }, pattern(9));
    const innerWanted = inner.slice();
    const { checksumStart, checksumOffset } = leaveChecksumOpen(inner, A4, 6, 34, 16);
    const vxlan = (frame: Uint8Array) => {
      const datagram = udp(A4, 50000, 4789, concat([8, 0, 0, 0, 0, 0, 1, 0], frame));
      datagram.set([0, 0], 6);
      return ethernet(0x0800, ipv4(A4, 17, datagram));
    };
    const offload = { flags: VNET_F_NEEDS_CSUM, checksumStart: 50 + checksumStart!, checksumOffset };
    const packet = parseFrame(fastPath, vxlan(inner), { offload });
    fastPath.call.finishChecksum(packet);
    expect(frameOf(fastPath, packet)).toEqual(vxlan(innerWanted));
  });

  it.each([
    ["the destination port", 34, 2],
    ["an address", 14, 16],
    ["the Ethernet header", 0, 0],
    ["beyond the frame", 34, 60000],
    ["beyond a clone's head", 300, 16],
  ])(
    "refuses a checksum field in %s: a sender must not have matched bytes changed",
    (_name, checksumStart, checksumOffset) => {
      const frame = frameFor({ family: 4, protocol: 6, payload: pattern(400) }, pattern(400));
      const offload = { flags: VNET_F_NEEDS_CSUM, checksumStart, checksumOffset };
      const packet = parseFrame(fastPath, frame, { offload });
      expect(fastPath.view.getUint8(packet + PACKET_VNET_FLAGS)).toBe(0);
      fastPath.call.finishChecksum(packet);
      expect(frameOf(fastPath, packet)).toEqual(frame);
    },
  );

  it("leaves packets without an open checksum alone", () => {
    const frame = ethernet(0x86dd, ipv6(A6, 58, icmpv6(A6, 128, 0, pattern(7))));
    const packet = parseFrame(fastPath, frame);
    fastPath.call.finishChecksum(packet);
    expect(frameOf(fastPath, packet)).toEqual(frame);
  });
});

describe("segmentPacket", () => {
  let fastPath: FastPath;
  beforeAll(() => {
    fastPath = instantiateFastPath();
  });

  /** Segments of the stream's super-packet, each with its checksum finished. */
  function segment(stream: Stream, gsoSize: number, head?: number, gsoType?: number): number[] {
    const superPacket = frameFor(stream, stream.payload);
    const ip = stream.family === 4 ? A4 : A6;
    const field = stream.protocol === 6 ? 16 : 6;
    const offload = {
      ...leaveChecksumOpen(superPacket, ip, stream.protocol, l4Of(stream), field),
      gsoType:
        gsoType ?? (stream.protocol === 17 ? VNET_GSO_UDP_L4 : stream.family === 4 ? VNET_GSO_TCPV4 : VNET_GSO_TCPV6),
      gsoSize,
      headerLength: headersOf(stream),
    };
    const packet = parseFrame(fastPath, superPacket, { offload, head });
    const whole = frameOf(fastPath, packet);
    const segments = listOf(fastPath, fastPath.call.segmentPacket(packet) >>> 0);
    expect(frameOf(fastPath, packet)).toEqual(whole);
    return segments;
  }

  function finished(packet: number): Uint8Array {
    fastPath.call.finishChecksum(packet);
    return frameOf(fastPath, packet);
  }

  /** What a sender that cuts by itself would have sent. */
  function expectedFrames(stream: Stream, gsoSize: number): Uint8Array[] {
    const count = Math.max(1, Math.ceil(stream.payload.length / gsoSize));
    return Array.from({ length: count }, (_, index) => {
      let flags = stream.flags ?? ACK;
      if (index !== count - 1) flags &= ~(FIN | PSH);
      if (index !== 0) flags &= ~CWR;
      const sequence = ((stream.sequence ?? 1) + index * gsoSize) >>> 0;
      const id = ((stream.id ?? 1) + index) & 0xffff;
      return frameFor({ ...stream, flags, sequence, id }, stream.payload.slice(index * gsoSize, (index + 1) * gsoSize));
    });
  }

  const streams = fc.record<Stream>({
    family: fc.constantFrom<4 | 6>(4, 6),
    protocol: fc.constantFrom<6 | 17>(6, 17),
    payload: fc.integer({ min: 0, max: 5000 }).map(pattern),
    flags: fc.integer({ min: 0, max: 0xfff }),
    sequence: fc.constantFrom(0, 1, 0xffffff00),
    id: fc.constantFrom(0, 0xffff),
    options: fc.constantFrom(new Uint8Array(), pattern(12), pattern(40)),
    tags: fc.constantFrom<readonly Tag[]>([], [TAG], [TAG, TAG]),
  });

  it("cuts into the frames that a sender without offloads would have sent", () => {
    const head = fc.constantFrom(undefined, 256);
    fc.assert(
      fc.property(streams, fc.integer({ min: 100, max: 1500 }), head, (stream, gsoSize, headLength) => {
        expect(segment(stream, gsoSize, headLength).map(finished)).toEqual(expectedFrames(stream, gsoSize));
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it("cuts 64 KB at the usual MSS, ECN bit or not", () => {
    const stream: Stream = { family: 4, protocol: 6, payload: pattern(65000), flags: ACK | PSH | CWR };
    const segments = segment(stream, 1448, undefined, VNET_GSO_TCPV4 | VNET_GSO_ECN);
    expect(segments).toHaveLength(45);
    expect(segments.map(finished)).toEqual(expectedFrames(stream, 1448));
  });

  it("copies no payload: segments point into the super-packet", () => {
    const stream: Stream = { family: 4, protocol: 6, payload: pattern(4000) };
    for (const packet of segment(stream, 1000)) {
      expect(fastPath.view.getUint32(packet + PACKET_HEAD_LENGTH, true)).toBe(54);
      expect(fastPath.view.getUint32(packet + PACKET_LENGTH, true)).toBe(1054);
      expect(fastPath.view.getUint32(packet + PACKET_PAYLOAD, true)).not.toBe(0);
    }
  });

  it("leaves each checksum open for a port that fills it in", () => {
    for (const packet of segment({ family: 6, protocol: 6, payload: pattern(3000) }, 1400)) {
      expect(fastPath.view.getUint8(packet + PACKET_VNET_FLAGS)).toBe(VNET_F_NEEDS_CSUM);
      expect(fastPath.view.getUint8(packet + PACKET_GSO_TYPE)).toBe(VNET_GSO_NONE);
      expect(fastPath.view.getUint16(packet + PACKET_GSO_SIZE, true)).toBe(0);
      expect(fastPath.view.getUint16(packet + PACKET_CSUM_START, true)).toBe(54);
      expect(fastPath.view.getUint16(packet + PACKET_CSUM_OFFSET, true)).toBe(16);
    }
  });

  it("gives 0 for what it cannot cut", () => {
    const tcpStream: Stream = { family: 4, protocol: 6, payload: pattern(3000) };
    expect(segment(tcpStream, 0)).toEqual([]);
    expect(segment(tcpStream, 1000, undefined, VNET_GSO_UDP)).toEqual([]);
    expect(segment(tcpStream, 1000, undefined, VNET_GSO_UDP_L4)).toEqual([]);
    expect(segment({ ...tcpStream, protocol: 17 }, 1000, undefined, VNET_GSO_TCPV4)).toEqual([]);
  });

  it("gives 0, and uses no record, when not all segments find one", () => {
    const stream: Stream = { family: 4, protocol: 6, payload: pattern(60000) };
    const superPacket = frameFor(stream, stream.payload);
    const offload = {
      flags: VNET_F_NEEDS_CSUM,
      gsoType: VNET_GSO_TCPV4,
      gsoSize: 100,
      checksumStart: 34,
      checksumOffset: 16,
    };
    const packet = parseFrame(fastPath, superPacket, { offload });
    fastPath.view.setUint32(CONTROL_BASE + CONTROL_POOL_NEXT, PACKET_SLOTS - 599, true);
    expect(fastPath.call.segmentPacket(packet)).toBe(0);
    expect(fastPath.view.getUint32(CONTROL_BASE + CONTROL_POOL_NEXT, true)).toBe(PACKET_SLOTS - 599);
    fastPath.view.setUint32(CONTROL_BASE + CONTROL_POOL_NEXT, PACKET_SLOTS - 600, true);
    expect(listOf(fastPath, fastPath.call.segmentPacket(packet) >>> 0)).toHaveLength(600);
  });
});
