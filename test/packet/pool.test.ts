import { beforeEach, describe, expect, it } from "vitest";
import { KEY_ETH_DST } from "../../assembly/layout/key.ts";
import { PACKET_SLOTS } from "../../assembly/layout/limits.ts";
import {
  CLONE_HEAD_SIZE,
  PACKET_DATA,
  PACKET_FLAG_CLONE,
  PACKET_FLAGS,
  PACKET_HEAD_LENGTH,
  PACKET_HEADROOM,
  PACKET_KEY,
  PACKET_LENGTH,
  PACKET_PAYLOAD,
  PACKET_SIZE,
} from "../../assembly/layout/packet.ts";
import { CLONE_HEAD_STRIDE } from "../../assembly/memory.ts";
import { ethernet, ipv4, ipv4Address, udp } from "../model/frames.ts";
import { type FastPath, instantiateFastPath } from "../model/module.ts";
import { frameOf, keyOf, parseFrame } from "../model/packet-record.ts";

const A4 = { source: ipv4Address("10.0.0.1"), destination: ipv4Address("10.0.0.2") };

function frameOfLength(length: number): Uint8Array {
  const payload = Uint8Array.from({ length: length - 42 }, (_, i) => i & 255);
  return ethernet(0x0800, ipv4(A4, 17, udp(A4, 1, 2, payload)));
}

describe("packet pool", () => {
  let fastPath: FastPath;
  beforeEach(() => {
    fastPath = instantiateFastPath();
  });
  const field = (packet: number, offset: number) => fastPath.view.getUint32(packet + offset, true);

  it("hands out every record once, zeroed, each with its own key", () => {
    const records = Array.from({ length: PACKET_SLOTS }, () => fastPath.call.allocatePacket());
    expect(new Set(records).size).toBe(PACKET_SLOTS);
    expect(new Set(records.map((packet) => field(packet, PACKET_KEY))).size).toBe(PACKET_SLOTS);
    expect(fastPath.call.allocatePacket()).toBe(0);
    fastPath.call.resetPool();
    expect(fastPath.call.allocatePacket()).toBe(records[0]);
  });

  it("gives a record back clean", () => {
    const packet = parseFrame(fastPath, frameOfLength(100));
    fastPath.call.resetPool();
    expect(fastPath.call.allocatePacket()).toBe(packet);
    const record = fastPath.bytes.slice(packet, packet + PACKET_SIZE);
    record.fill(0, PACKET_KEY, PACKET_KEY + 4);
    expect(record.every((byte) => byte === 0)).toBe(true);
    expect(keyOf(fastPath, packet).every((byte) => byte === 0)).toBe(true);
  });

  it.each([60, CLONE_HEAD_SIZE, CLONE_HEAD_SIZE + 1, 1500])("clones a frame of %i bytes", (length) => {
    const frame = frameOfLength(length);
    const packet = parseFrame(fastPath, frame);
    const clone = fastPath.call.clonePacket(packet) >>> 0;
    expect(frameOf(fastPath, clone)).toEqual(frame);
    expect(keyOf(fastPath, clone)).toEqual(keyOf(fastPath, packet));
    expect(field(clone, PACKET_DATA)).not.toBe(field(packet, PACKET_DATA));
    expect(field(clone, PACKET_KEY)).not.toBe(field(packet, PACKET_KEY));
    expect(field(clone, PACKET_HEAD_LENGTH)).toBe(Math.min(length, CLONE_HEAD_SIZE));
    expect(field(clone, PACKET_PAYLOAD) === 0).toBe(length <= CLONE_HEAD_SIZE);
    expect(field(clone, PACKET_HEADROOM)).toBe(CLONE_HEAD_STRIDE - CLONE_HEAD_SIZE);
    expect(fastPath.view.getUint16(clone + PACKET_FLAGS, true) & PACKET_FLAG_CLONE).not.toBe(0);
  });

  it("edits a clone's head and key without touching the original", () => {
    const frame = frameOfLength(1500);
    const packet = parseFrame(fastPath, frame);
    const clone = fastPath.call.clonePacket(packet) >>> 0;
    fastPath.bytes.fill(0xee, field(clone, PACKET_DATA), field(clone, PACKET_DATA) + 14);
    fastPath.bytes.fill(0xee, field(clone, PACKET_KEY) + KEY_ETH_DST, field(clone, PACKET_KEY) + KEY_ETH_DST + 12);
    expect(frameOf(fastPath, packet)).toEqual(frame);
    expect(keyOf(fastPath, packet)[KEY_ETH_DST]).toBe(frame[0]);
  });

  it("clones a clone whose head has grown into its headroom", () => {
    const frame = frameOfLength(1500);
    const clone = fastPath.call.clonePacket(parseFrame(fastPath, frame)) >>> 0;
    const tunnel = Uint8Array.from({ length: 100 }, (_, i) => 200 - i);
    const data = field(clone, PACKET_DATA) - tunnel.length;
    fastPath.bytes.set(tunnel, data);
    fastPath.view.setUint32(clone + PACKET_DATA, data, true);
    fastPath.view.setUint32(clone + PACKET_LENGTH, field(clone, PACKET_LENGTH) + tunnel.length, true);
    fastPath.view.setUint32(clone + PACKET_HEAD_LENGTH, field(clone, PACKET_HEAD_LENGTH) + tunnel.length, true);
    const second = fastPath.call.clonePacket(clone) >>> 0;
    const third = fastPath.call.clonePacket(clone) >>> 0;
    for (const copy of [second, third]) {
      expect(frameOf(fastPath, copy)).toEqual(Uint8Array.from([...tunnel, ...frame]));
      expect(field(copy, PACKET_HEADROOM)).toBe(CLONE_HEAD_STRIDE - CLONE_HEAD_SIZE - tunnel.length);
    }
  });

  it("gives no clone when no record is left", () => {
    const packet = parseFrame(fastPath, frameOfLength(60));
    while (fastPath.call.allocatePacket() !== 0);
    expect(fastPath.call.clonePacket(packet)).toBe(0);
  });
});
