import { beforeEach, describe, expect, it } from "vitest";
import { DROP_TX_FULL } from "../../assembly/layout/counter.ts";
import { BATCH_SIZE } from "../../assembly/layout/limits.ts";
import {
  PACKET_CSUM_OFFSET,
  PACKET_CSUM_START,
  PACKET_DATA,
  PACKET_HEADROOM,
  PACKET_LENGTH,
  PACKET_VNET_FLAGS,
  VNET_F_NEEDS_CSUM,
} from "../../assembly/layout/packet.ts";
import {
  PORT_FEATURE_OPEN_SUMS,
  PORT_RX_PACKETS,
  PORT_SIZE,
  PORT_TX_BYTES,
  PORT_TX_COUNT,
  PORT_TX_DROPPED,
  PORT_TX_PACKETS,
} from "../../assembly/layout/port.ts";
import {
  XDP_CHUNK_SIZE,
  XDP_COMPLETION_DESCRIPTORS,
  XDP_COMPLETION_PRODUCER,
  XDP_COMPLETION_RING,
  XDP_DESCRIPTOR_LENGTH,
  XDP_DESCRIPTOR_SIZE,
  XDP_FILL_DESCRIPTORS,
  XDP_FILL_ENTRIES,
  XDP_FILL_PRODUCER,
  XDP_FILL_RING,
  XDP_FRAMES,
  XDP_FRAMES_BYTES,
  XDP_FREE_CHUNKS,
  XDP_FREE_COUNT,
  XDP_HEADROOM,
  XDP_RECEIVE_CHUNKS,
  XDP_RECEIVE_DESCRIPTORS,
  XDP_RECEIVE_ENTRIES,
  XDP_RECEIVE_PRODUCER,
  XDP_RECEIVE_RING,
  XDP_TAKEN,
  XDP_TRANSMIT_CONSUMER,
  XDP_TRANSMIT_DESCRIPTORS,
  XDP_TRANSMIT_ENTRIES,
  XDP_TRANSMIT_PRODUCER,
  XDP_TRANSMIT_RING,
} from "../../assembly/layout/xdp.ts";
import { PORTS_BASE, WINDOWS_BASE } from "../../assembly/memory.ts";
import { ETHERNET, isTcpSumRight, pattern, sum16, tcpFrame } from "./frames.ts";
import { TestModule } from "./test-module.ts";

const PORT = 3;
const WINDOW = WINDOWS_BASE;
const WINDOW_BYTES = XDP_FRAMES + XDP_FRAMES_BYTES;
const RING = { window: WINDOW, ringBytes: WINDOW_BYTES };
const module = new TestModule();
const { exports, bytes } = module;

/** Where this kernel's rings have their indices and descriptors. */
const RINGS = [
  [XDP_RECEIVE_PRODUCER, XDP_RECEIVE_DESCRIPTORS, XDP_RECEIVE_RING],
  [XDP_TRANSMIT_PRODUCER, XDP_TRANSMIT_DESCRIPTORS, XDP_TRANSMIT_RING],
  [XDP_FILL_PRODUCER, XDP_FILL_DESCRIPTORS, XDP_FILL_RING],
  [XDP_COMPLETION_PRODUCER, XDP_COMPLETION_DESCRIPTORS, XDP_COMPLETION_RING],
];
const field = (name: number): number => module.u32(WINDOW + name);
const indexOf = (name: number): number => module.u32(field(name));
const setIndex = (name: number, value: number): number => bytes.writeUInt32LE(value >>> 0, field(name));

/** Indices wrap at 2^32: the rings start shortly before. */
const START = 0xffff_fff0;

beforeEach(() => {
  exports.resetPool();
  bytes.fill(0, WINDOW, WINDOW + WINDOW_BYTES);
  for (const [producer, descriptors, place] of RINGS) {
    bytes.writeUInt32LE(WINDOW + place, WINDOW + producer);
    bytes.writeUInt32LE(WINDOW + place + 64, WINDOW + producer + 4);
    bytes.writeUInt32LE(WINDOW + place + 192, WINDOW + descriptors);
    setIndex(producer, START);
    setIndex(producer + 4, START);
  }
  for (let i = 0; i < XDP_TRANSMIT_ENTRIES; i++) {
    bytes.writeUInt32LE((XDP_RECEIVE_CHUNKS + i) * XDP_CHUNK_SIZE, WINDOW + XDP_FREE_CHUNKS + i * 4);
  }
  bytes.writeUInt32LE(XDP_TRANSMIT_ENTRIES, WINDOW + XDP_FREE_COUNT);
  bytes.writeUInt32LE(START, WINDOW + XDP_TAKEN);
  module.addPort(PORT, 0, 1500, RING);
  module.sent.length = 0;
});

/** The kernel receives a frame into a chunk. */
function arrive(chunk: number, frame: Uint8Array): void {
  const index = indexOf(XDP_RECEIVE_PRODUCER);
  const descriptor = field(XDP_RECEIVE_DESCRIPTORS) + (index % XDP_RECEIVE_ENTRIES) * XDP_DESCRIPTOR_SIZE;
  const address = chunk * XDP_CHUNK_SIZE + XDP_HEADROOM;
  bytes.writeBigUInt64LE(BigInt(address), descriptor);
  bytes.writeUInt32LE(frame.length, descriptor + XDP_DESCRIPTOR_LENGTH);
  bytes.set(frame, WINDOW + XDP_FRAMES + address);
  setIndex(XDP_RECEIVE_PRODUCER, index + 1);
}

/** What the kernel finds on the transmit ring from `first` on. */
function onRing(first: number, count: number): { chunk: number; frame: Buffer }[] {
  return Array.from({ length: count }, (_, i) => {
    const index = ((first + i) >>> 0) % XDP_TRANSMIT_ENTRIES;
    const descriptor = field(XDP_TRANSMIT_DESCRIPTORS) + index * XDP_DESCRIPTOR_SIZE;
    const chunk = module.u32(descriptor);
    const start = WINDOW + XDP_FRAMES + chunk;
    return { chunk, frame: Buffer.from(bytes.subarray(start, start + module.u32(descriptor + XDP_DESCRIPTOR_LENGTH))) };
  });
}

/** The kernel is done with a chunk. */
function complete(chunk: number): void {
  const index = indexOf(XDP_COMPLETION_PRODUCER);
  bytes.writeBigUInt64LE(BigInt(chunk), field(XDP_COMPLETION_DESCRIPTORS) + (index % XDP_TRANSMIT_ENTRIES) * 8);
  setIndex(XDP_COMPLETION_PRODUCER, index + 1);
}

/** Queues frames that lie in receive buffers, as the pipeline would. */
function queue(...frames: Uint8Array[]): void {
  bytes.writeUInt32LE(0, PORTS_BASE + PORT * PORT_SIZE + PORT_TX_COUNT);
  exports.resetPool();
  frames.forEach((frame, i) => {
    module.fillBuffer(i, frame);
  });
  module.addPort(PORT + 1, 0);
  exports.receiveBuffers(PORT + 1, frames.length);
  frames.forEach((_, i) => {
    exports.parse(module.packet(i));
    exports.transmit(module.packet(i), PORT);
  });
}

describe("the receive ring of an AF_XDP port", () => {
  const frames = Array.from({ length: 40 }, (_, i) => Buffer.concat([ETHERNET, pattern(46 + i)]));

  it("gives records of frames where the kernel put them, across the end of the indices", () => {
    frames.forEach((frame, i) => {
      arrive(i, frame);
    });
    expect(exports.receiveXdp(PORT)).toBe(frames.length);
    frames.forEach((frame, i) => {
      const packet = module.packet(i);
      const data = module.u32(packet + PACKET_DATA);
      expect(data).toBe(WINDOW + XDP_FRAMES + i * XDP_CHUNK_SIZE + XDP_HEADROOM);
      expect(bytes.subarray(data, data + module.u32(packet + PACKET_LENGTH))).toEqual(frame);
      expect(module.u32(packet + PACKET_HEADROOM)).toBe(XDP_HEADROOM);
    });
    expect(module.portField(PORT, PORT_RX_PACKETS)).toBe(frames.length);
  });

  it("gets its chunks back after the batch, not before", () => {
    arrive(7, frames[0]);
    arrive(5, frames[1]);
    exports.receiveXdp(PORT);
    expect(indexOf(XDP_FILL_PRODUCER)).toBe(START);
    exports.releaseXdp(PORT);
    expect(indexOf(XDP_FILL_PRODUCER)).toBe(START + 2);
    const filled = [0, 1].map((i) => module.u32(field(XDP_FILL_DESCRIPTORS) + ((START + i) % XDP_FILL_ENTRIES) * 8));
    expect(filled).toEqual([7 * XDP_CHUNK_SIZE, 5 * XDP_CHUNK_SIZE]);
    expect(exports.receiveXdp(PORT)).toBe(0);
  });

  it("is walked a batch at a time", () => {
    for (let i = 0; i < BATCH_SIZE + 3; i++) arrive(i, frames[0]);
    expect(exports.receiveXdp(PORT)).toBe(BATCH_SIZE);
    exports.releaseXdp(PORT);
    exports.resetPool();
    expect(exports.receiveXdp(PORT)).toBe(3);
  });
});

describe("the transmit ring of an AF_XDP port", () => {
  const frames = [60, 1514].map((length) => Buffer.concat([ETHERNET, pattern(length - 14)]));

  it("gets the queued frames in chunks of its own, in order", () => {
    queue(...frames);
    expect(exports.submitXdp(PORT)).toBe(2);
    const ring = onRing(START, 2);
    expect(ring.map(({ frame }) => frame)).toEqual(frames);
    expect(new Set(ring.map(({ chunk }) => chunk)).size).toBe(2);
    for (const { chunk } of ring) expect(chunk).toBeGreaterThanOrEqual(XDP_RECEIVE_CHUNKS * XDP_CHUNK_SIZE);
    expect(exports.unsentXdp(PORT)).toBe(2);
  });

  const counted = (): number[] =>
    [PORT_TX_PACKETS, PORT_TX_BYTES, PORT_TX_DROPPED].map((counter) => module.portField(PORT, counter));

  it("counts frames when the kernel has taken them", () => {
    queue(...frames, frames[0]);
    exports.submitXdp(PORT);
    setIndex(XDP_TRANSMIT_CONSUMER, START + 2);
    expect(exports.countTakenXdp(PORT, false)).toBe(2);
    expect(exports.unsentXdp(PORT)).toBe(1);
    expect(counted()).toEqual([2, 60 + 1514, 0]);
    expect(exports.countTakenXdp(PORT, false)).toBe(0);
    expect(counted()).toEqual([2, 60 + 1514, 0]);
  });

  it("counts the last frame that a call took as dropped when the device dropped it", () => {
    const before = module.drops(DROP_TX_FULL);
    queue(frames[0], frames[1], frames[0]);
    exports.submitXdp(PORT);
    setIndex(XDP_TRANSMIT_CONSUMER, START + 2);
    expect(exports.countTakenXdp(PORT, true)).toBe(2);
    expect(counted()).toEqual([1, 60, 1]);
    expect(module.drops(DROP_TX_FULL) - before).toBe(1);
    expect(exports.unsentXdp(PORT)).toBe(1);
  });

  it("knows of a dropped frame that it was taken, though the kernel shows it later", () => {
    queue(frames[1], frames[0]);
    exports.submitXdp(PORT);
    expect(exports.countTakenXdp(PORT, true)).toBe(1);
    expect(exports.unsentXdp(PORT)).toBe(1);
    expect(exports.countTakenXdp(PORT, false)).toBe(0);
    setIndex(XDP_TRANSMIT_CONSUMER, START + 2);
    expect(exports.countTakenXdp(PORT, false)).toBe(1);
    expect(counted()).toEqual([1, 60, 1]);
    expect(exports.unsentXdp(PORT)).toBe(0);
  });

  it("takes no more than there are chunks, until the kernel gives some back", () => {
    bytes.writeUInt32LE(1, WINDOW + XDP_FREE_COUNT);
    queue(...frames);
    expect(exports.submitXdp(PORT)).toBe(1);
    queue(...frames);
    expect(exports.submitXdp(PORT)).toBe(0);
    const [{ chunk }] = onRing(START, 1);
    complete(chunk);
    queue(frames[1]);
    expect(exports.submitXdp(PORT)).toBe(1);
    expect(onRing(START + 1, 1)).toEqual([{ chunk, frame: frames[1] }]);
  });

  it("gives back what is withdrawn, and uses it again", () => {
    queue(...frames, frames[0]);
    exports.submitXdp(PORT);
    const before = onRing(START, 3).map(({ chunk }) => chunk);
    setIndex(XDP_TRANSMIT_CONSUMER, START + 1);
    exports.countTakenXdp(PORT, false);
    exports.withdrawXdp(PORT, 2);
    expect(exports.unsentXdp(PORT)).toBe(0);
    expect(field(XDP_FREE_COUNT)).toBe(XDP_TRANSMIT_ENTRIES - 1);
    queue(...frames);
    exports.submitXdp(PORT);
    const after = onRing(START + 1, 2).map(({ chunk }) => chunk);
    expect(after.toSorted()).toEqual(before.slice(1).toSorted());
  });
});

describe("an open checksum that nobody speaks of", () => {
  const open = tcpFrame(pattern(100));
  const tagged = Buffer.concat([open.subarray(0, 12), Buffer.from("81000007", "hex"), open.subarray(12)]);
  const edit = (frame: Buffer, change: (copy: Buffer) => unknown): Buffer => {
    const copy = Buffer.from(frame);
    change(copy);
    return copy;
  };
  const finished = edit(open, (frame) =>
    frame.writeUInt16BE(
      ~sum16(
        frame.subarray(26, 34),
        Buffer.of(0, 6, 0, 120),
        edit(frame.subarray(34), (tcp) => tcp.writeUInt16BE(0, 16)),
      ) & 0xffff,
      50,
    ),
  );

  const udp = edit(open, (frame) => {
    frame[23] = 17;
    frame.writeUInt16BE(120, 38);
    frame.writeUInt16BE(sum16(frame.subarray(26, 34), Buffer.of(0, 17, 0, 120)), 40);
  });
  /** Of so few bytes that the checksum is the last field, or almost, before the Ethernet padding. */
  const shortUdp = (payload: number): Buffer =>
    edit(udp, (frame) => {
      frame.writeUInt16BE(28 + payload, 16);
      frame.writeUInt16BE(8 + payload, 38);
      frame.writeUInt16BE(sum16(frame.subarray(26, 34), Buffer.of(0, 17, 0, 8 + payload)), 40);
    }).subarray(0, 42 + payload);
  const sctp = edit(open, (frame) => {
    frame[23] = 132;
    frame.writeUInt32BE(0, 42);
  });
  const ipv6 = Buffer.concat([
    open.subarray(0, 12),
    Buffer.from("86dd600000000078 0640".replace(" ", ""), "hex"),
    pattern(32),
    open.subarray(34),
  ]);
  ipv6.writeUInt16BE(sum16(ipv6.subarray(22, 54), Buffer.of(0, 6, 0, 120)), 70);

  const receive = (frame: Buffer, features = PORT_FEATURE_OPEN_SUMS): number[] => {
    module.addPort(PORT, features, 1500, RING);
    arrive(1, frame);
    expect(exports.receiveXdp(PORT)).toBe(1);
    const packet = module.packet(0);
    return [
      bytes[packet + PACKET_VNET_FLAGS],
      module.u16(packet + PACKET_CSUM_START),
      module.u16(packet + PACKET_CSUM_OFFSET),
    ];
  };

  it.each([
    ["TCP", open, 34, 16],
    ["tagged TCP", tagged, 38, 16],
    ["UDP", udp, 34, 6],
    ["UDP without a byte", shortUdp(0), 34, 6],
    ["UDP of one byte", shortUdp(1), 34, 6],
    ["UDP of one byte, padded", Buffer.concat([shortUdp(1), Buffer.alloc(17)]), 34, 6],
    ["SCTP", sctp, 34, 8],
    ["TCP over IPv6", ipv6, 54, 16],
    ["TCP with a trailer", Buffer.concat([open, pattern(6)]), 34, 16],
  ])("of %s is found", (_, frame, start, offset) => {
    expect(receive(frame)).toEqual([VNET_F_NEEDS_CSUM, start, offset]);
  });

  it.each([
    ["a finished checksum", finished],
    ["UDP without a checksum", edit(udp, (frame) => frame.writeUInt16BE(0, 40))],
    ["a later fragment", edit(open, (frame) => frame.writeUInt16BE(0x0010, 20))],
    ["a first fragment", edit(open, (frame) => frame.writeUInt16BE(0x2000, 20))],
    ["a frame cut short", open.subarray(0, 45)],
    ["UDP cut short in its checksum", edit(shortUdp(0), (frame) => frame.writeUInt16BE(27, 16)).subarray(0, 41)],
    ["an IPv4 header longer than the packet", edit(open, (frame) => frame.writeUInt8(0x4f, 14)).subarray(0, 60)],
    ["ICMP", edit(open, (frame) => frame.writeUInt8(1, 23))],
    ["another protocol than IP", edit(open, (frame) => frame.writeUInt16BE(0x0806, 12))],
    ["a tag at the end of the frame", tagged.subarray(0, 17)],
  ])("is not seen in %s", (_, frame) => {
    expect(receive(frame)[0]).toBe(0);
  });

  it("is not looked for where frames come from another machine", () => {
    expect(receive(open, 0)[0]).toBe(0);
  });

  it("leaves finished, by a port that finishes none", () => {
    receive(open);
    exports.parse(module.packet(0));
    exports.transmit(module.packet(0), PORT);
    exports.submitXdp(PORT);
    const [{ frame }] = onRing(START, 1);
    expect(isTcpSumRight(finished)).toBe(true);
    expect(frame).toEqual(finished);
  });
});
