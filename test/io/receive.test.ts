import { beforeEach, describe, expect, it } from "vitest";
import {
  RING_COPY,
  RING_LENGTH,
  RING_MAC,
  RING_SNAPLEN,
  RING_STATUS,
  RING_USER,
  RING_VLAN_TCI,
  RING_VLAN_TPID,
  RING_VLAN_TPID_VALID,
  RING_VLAN_VALID,
} from "../../assembly/io/ring-layout.ts";
import { DROP_TORN } from "../../assembly/layout/counter.ts";
import { BATCH_SIZE } from "../../assembly/layout/limits.ts";
import {
  PACKET_CSUM_START,
  PACKET_DATA,
  PACKET_GSO_SIZE,
  PACKET_GSO_TYPE,
  PACKET_HDR_LEN,
  PACKET_HEAD_LENGTH,
  PACKET_HEADROOM,
  PACKET_IN_PORT,
  PACKET_LENGTH,
  PACKET_MIN_HEADROOM,
  PACKET_VNET_FLAGS,
  VNET_F_NEEDS_CSUM,
  VNET_GSO_TCPV4,
} from "../../assembly/layout/packet.ts";
import {
  PORT_FEATURE_VNET,
  PORT_RING_NEXT,
  PORT_RX_BYTES,
  PORT_RX_DROPPED,
  PORT_RX_ERRORS,
  PORT_RX_PACKETS,
  PORT_SIZE,
} from "../../assembly/layout/port.ts";
import { PORTS_BASE, WINDOWS_BASE } from "../../assembly/memory.ts";
import { RING_FRAME_SIZE } from "../../src/kernel/packet-socket.ts";
import { pattern, tcpFrame, vnetHeader } from "./frames.ts";
import { TestModule } from "./test-module.ts";

const RING_FRAMES = 4096;
const PORT = 3;
const MAC = 172;
const module = new TestModule();
const { exports } = module;

beforeEach(() => {
  exports.resetPool();
  module.long = [];
});

const frameOf = (packet: number): Buffer => {
  const data = module.u32(packet + PACKET_DATA);
  return Buffer.from(module.bytes.subarray(data, data + module.u32(packet + PACKET_LENGTH)));
};

describe("receive buffers", () => {
  beforeEach(() => module.addPort(PORT));

  it("become records in order, with headroom and offload metadata", () => {
    const first = tcpFrame(pattern(100));
    const second = tcpFrame(pattern(3000));
    module.fillBuffer(0, first);
    module.fillBuffer(1, second, vnetHeader(VNET_GSO_TCPV4, 1448));
    expect(exports.receiveBuffers(PORT, 2)).toBe(2);
    expect(frameOf(module.packet(0))).toEqual(first);
    expect(frameOf(module.packet(1))).toEqual(second);
    const packet = module.packet(1);
    expect(module.u32(packet + PACKET_HEAD_LENGTH)).toBe(second.length);
    expect(module.u32(packet + PACKET_HEADROOM)).toBe(PACKET_MIN_HEADROOM);
    expect(module.u32(packet + PACKET_IN_PORT)).toBe(PORT);
    expect(module.bytes[packet + PACKET_VNET_FLAGS]).toBe(VNET_F_NEEDS_CSUM);
    expect(module.bytes[packet + PACKET_GSO_TYPE]).toBe(VNET_GSO_TCPV4);
    expect(module.u16(packet + PACKET_GSO_SIZE)).toBe(1448);
    expect(module.portField(PORT, PORT_RX_PACKETS)).toBe(2);
    expect(module.portField(PORT, PORT_RX_BYTES)).toBe(first.length + second.length);
  });

  const needsChecksumAt = (start: number): Buffer => {
    const header = vnetHeader();
    header.writeUInt16LE(start, 6);
    return header;
  };

  it.each([
    ["is shorter than an Ethernet header", pattern(13), vnetHeader(0, 0, 0)],
    ["has its checksum behind its end", tcpFrame(pattern(10)), needsChecksumAt(0xfff0)],
    ["has its checksum across its end", tcpFrame(pattern(10)), needsChecksumAt(47)],
    ["is to be cut into pieces of nothing", tcpFrame(pattern(10)), vnetHeader(VNET_GSO_TCPV4, 0)],
  ])("a frame that %s is torn, the others go on", (_, frame, vnet) => {
    const torn = module.drops(DROP_TORN);
    const good = tcpFrame(pattern(20));
    module.fillBuffer(0, frame, vnet);
    module.fillBuffer(1, good);
    expect(exports.receiveBuffers(PORT, 2)).toBe(1);
    expect(frameOf(module.packet(0))).toEqual(good);
    expect(module.drops(DROP_TORN)).toBe(torn + 1);
    expect(module.portField(PORT, PORT_RX_ERRORS)).toBe(1);
  });

  it("of a port without virtio-net header have no offload metadata", () => {
    module.addPort(PORT, 0);
    module.fillBuffer(0, tcpFrame(pattern(10)), vnetHeader(VNET_GSO_TCPV4, 1448));
    expect(exports.receiveBuffers(PORT, 1)).toBe(1);
    expect(module.u16(module.packet(0) + PACKET_VNET_FLAGS)).toBe(0);
  });
});

describe("the ring of a packet socket", () => {
  beforeEach(() => {
    module.bytes.fill(0, WINDOWS_BASE, WINDOWS_BASE + RING_FRAME_SIZE * RING_FRAMES);
    module.addPort(PORT, PORT_FEATURE_VNET, 1500, { window: WINDOWS_BASE, ringBytes: RING_FRAMES * RING_FRAME_SIZE });
  });

  const place = (
    index: number,
    frame: Uint8Array,
    { status = RING_USER, vnet = Buffer.alloc(10) as Uint8Array, length = frame.length, tpid = 0, tci = 0 } = {},
  ): number => {
    const slot = WINDOWS_BASE + (index % RING_FRAMES) * RING_FRAME_SIZE;
    module.bytes.writeUInt32LE(length, slot + RING_LENGTH);
    module.bytes.writeUInt32LE(frame.length, slot + RING_SNAPLEN);
    module.bytes.writeUInt16LE(MAC, slot + RING_MAC);
    module.bytes.writeUInt16LE(tci, slot + RING_VLAN_TCI);
    module.bytes.writeUInt16LE(tpid, slot + RING_VLAN_TPID);
    module.bytes.set(vnet, slot + MAC - 10);
    module.bytes.set(frame, slot + MAC);
    module.bytes.writeUInt32LE(status, slot + RING_STATUS);
    return slot;
  };

  it("is walked up to the first frame that the kernel owns, and given back after the batch", () => {
    const frames = [tcpFrame(pattern(10)), tcpFrame(pattern(11)), tcpFrame(pattern(12))];
    const slots = frames.map((frame, index) => place(index, frame));
    place(4, frames[0]!);
    expect(exports.receiveRing(PORT)).toBe(3);
    expect([0, 1, 2].map((index) => frameOf(module.packet(index)))).toEqual(frames);
    expect(module.u32(module.packet(0) + PACKET_HEADROOM)).toBeGreaterThanOrEqual(PACKET_MIN_HEADROOM);
    expect(slots.map((slot) => module.u32(slot))).toEqual([RING_USER, RING_USER, RING_USER]);
    exports.releaseRing(PORT);
    expect(slots.map((slot) => module.u32(slot))).toEqual([0, 0, 0]);
    expect(module.portField(PORT, PORT_RING_NEXT)).toBe(3);
    expect(exports.receiveRing(PORT)).toBe(0);
  });

  it("is taken a batch at a time, around its end", () => {
    const start = RING_FRAMES - 10;
    module.bytes.writeUInt32LE(start, PORTS_BASE + PORT * PORT_SIZE + PORT_RING_NEXT);
    for (let i = 0; i < BATCH_SIZE + 5; i++) place(start + i, tcpFrame(pattern(i)));
    expect(exports.receiveRing(PORT)).toBe(BATCH_SIZE);
    expect(frameOf(module.packet(63))).toEqual(tcpFrame(pattern(63)));
    exports.releaseRing(PORT);
    expect(module.portField(PORT, PORT_RING_NEXT)).toBe(BATCH_SIZE - 10);
    exports.resetPool();
    expect(exports.receiveRing(PORT)).toBe(5);
    expect(frameOf(module.packet(4))).toEqual(tcpFrame(pattern(68)));
  });

  it.each([
    ["with its protocol", RING_VLAN_TPID_VALID, 0x88a8, "88a8"],
    ["as 802.1Q when the kernel does not say", 0, 0, "8100"],
  ])("gets a VLAN tag back %s", (_, valid, tpid, expected) => {
    const frame = tcpFrame(pattern(40));
    place(0, frame, { status: RING_USER | RING_VLAN_VALID | valid, vnet: vnetHeader(), tpid, tci: 0x2064 });
    expect(exports.receiveRing(PORT)).toBe(1);
    const packet = module.packet(0);
    expect(frameOf(packet).toString("hex")).toBe(
      `${frame.subarray(0, 12).toString("hex")}${expected}2064${frame.subarray(12).toString("hex")}`,
    );
    expect(module.u32(packet + PACKET_HEAD_LENGTH)).toBe(frame.length + 4);
    expect(module.u16(packet + PACKET_CSUM_START)).toBe(38);
    expect(module.u16(packet + PACKET_HDR_LEN)).toBe(58);
    expect(module.u32(packet + PACKET_HEADROOM)).toBe(MAC - 32 - 4);
  });

  it("finds frames that did not fit in the socket's queue, in order, tags included", () => {
    const small = tcpFrame(pattern(10));
    const long = [tcpFrame(pattern(9000)), tcpFrame(pattern(60000))];
    module.long = [...long];
    place(0, small);
    place(1, long[0]!.subarray(0, 1800), { status: RING_USER | RING_COPY, length: long[0]!.length });
    place(2, small);
    const tagged = RING_USER | RING_COPY | RING_VLAN_VALID;
    place(3, long[1]!.subarray(0, 1800), { status: tagged, length: long[1]!.length, tci: 5 });
    expect(exports.receiveRing(PORT)).toBe(4);
    expect([0, 1, 2].map((index) => frameOf(module.packet(index)))).toEqual([small, long[0], small]);
    expect(frameOf(module.packet(3)).subarray(12, 18).toString("hex")).toBe("810000050800");
    expect(frameOf(module.packet(3)).subarray(16)).toEqual(long[1]!.subarray(12));
  });

  it("counts frames that did not fit and were not kept, and goes on", () => {
    const long = tcpFrame(pattern(9000));
    const small = tcpFrame(pattern(10));
    place(0, long.subarray(0, 1800), { length: long.length });
    place(1, long.subarray(0, 1800), { status: RING_USER | RING_COPY, length: long.length });
    place(2, small);
    expect(exports.receiveRing(PORT)).toBe(1);
    expect(frameOf(module.packet(0))).toEqual(small);
    expect(module.portField(PORT, PORT_RX_DROPPED)).toBe(2);
  });
});
