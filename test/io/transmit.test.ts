import { beforeEach, describe, expect, it } from "vitest";
import { CONTROL_POOL_NEXT } from "../../assembly/layout/control.ts";
import {
  DROP_NO_BUFFER,
  DROP_NO_PORT,
  DROP_PORT_DOWN,
  DROP_TOO_LONG,
  DROP_TX_ERROR,
  DROP_TX_FULL,
} from "../../assembly/layout/counter.ts";
import { MAX_PORTS, TX_QUEUE } from "../../assembly/layout/limits.ts";
import {
  PACKET_DATA,
  PACKET_HEAD_LENGTH,
  PACKET_HEADROOM,
  PACKET_LENGTH,
  PACKET_PAYLOAD,
  PACKET_TRUNC,
  VNET_F_DATA_VALID,
  VNET_GSO_TCPV4,
} from "../../assembly/layout/packet.ts";
import {
  PORT_FEATURE_CSUM,
  PORT_FEATURE_TSO4,
  PORT_FEATURE_VNET,
  PORT_TX_BYTES,
  PORT_TX_DROPPED,
  PORT_TX_ERRORS,
  PORT_TX_PACKETS,
} from "../../assembly/layout/port.ts";
import { BUFFERS_BASE, CONTROL_BASE } from "../../assembly/memory.ts";
import { isIpv4SumRight, isTcpSumRight, pattern, tcpFrame, vnetHeader } from "./frames.ts";
import { TestModule } from "./test-module.ts";

const IN = 1;
const OUT = 2;
const NO_VNET = Buffer.alloc(10);
const module = new TestModule();
const { exports, sent, flushed } = module;

beforeEach(() => {
  exports.flushPorts();
  sent.length = 0;
  flushed.length = 0;
  module.addPort(IN);
  module.addPort(OUT, PORT_FEATURE_VNET | PORT_FEATURE_CSUM | PORT_FEATURE_TSO4);
});

const setU32 = (packet: number, field: number, value: number): void => {
  module.bytes.writeUInt32LE(value, packet + field);
};

/** Splits the record after `length` bytes, as a clone is. */
const split = (packet: number, length: number): void => {
  setU32(packet, PACKET_HEAD_LENGTH, length);
  setU32(packet, PACKET_PAYLOAD, module.u32(packet + PACKET_DATA) + length);
};

const send = (packet: number, port = OUT): void => {
  exports.transmit(packet, port);
  exports.flushPorts();
};

describe("a transmitted frame", () => {
  it("leaves behind its virtio-net header in one piece", () => {
    const frame = tcpFrame(pattern(100));
    send(module.receive(IN, frame, vnetHeader()));
    expect(sent).toEqual([{ port: OUT, vnet: vnetHeader(), frame, pieces: 1 }]);
    expect(module.portField(OUT, PORT_TX_PACKETS)).toBe(1);
    expect(module.portField(OUT, PORT_TX_BYTES)).toBe(frame.length);
  });

  it("leaves in two pieces when its payload is elsewhere", () => {
    const frame = tcpFrame(pattern(900));
    const packet = module.receive(IN, frame, vnetHeader());
    split(packet, 100);
    send(packet);
    expect(sent).toEqual([{ port: OUT, vnet: vnetHeader(), frame, pieces: 2 }]);
  });

  it("takes no virtio-net header to a port that has none", () => {
    module.addPort(OUT, 0);
    const frame = tcpFrame(pattern(100));
    send(module.receive(IN, frame, NO_VNET));
    expect(sent).toEqual([{ port: OUT, vnet: Buffer.alloc(0), frame, pieces: 1 }]);
  });

  it("does not claim that its checksum was verified", () => {
    send(module.receive(IN, tcpFrame(pattern(10)), vnetHeader(0, 0, VNET_F_DATA_VALID)));
    expect(sent[0]!.vnet).toEqual(NO_VNET);
  });

  it("has its checksum finished for a port without PORT_FEATURE_CSUM", () => {
    module.addPort(OUT);
    const packet = module.receive(IN, tcpFrame(pattern(901)), vnetHeader());
    split(packet, 100);
    send(packet);
    expect(sent[0]!.vnet).toEqual(NO_VNET);
    expect(isTcpSumRight(sent[0]!.frame)).toBe(true);
  });

  it.each([
    [1514, "8100", true],
    [1515, "0800", false],
    [1518, "8100", true],
    [1518, "88a8", true],
    [1518, "0800", false],
    [1519, "8100", false],
  ])("of %i bytes and type %s passes an MTU of 1500: %s", (length, type, passes) => {
    const before = module.drops(DROP_TOO_LONG);
    const frame = pattern(length);
    frame.write(type, 12, "hex");
    send(module.receive(IN, frame, NO_VNET));
    expect(sent.length).toBe(passes ? 1 : 0);
    expect(module.drops(DROP_TOO_LONG)).toBe(passes ? before : before + 1);
    expect(module.portField(OUT, PORT_TX_DROPPED)).toBe(passes ? 0 : 1);
  });

  it("without headroom for its virtio-net header is dropped", () => {
    const before = module.drops(DROP_NO_BUFFER);
    const packet = module.receive(IN, tcpFrame(pattern(10)), NO_VNET);
    setU32(packet, PACKET_HEADROOM, 9);
    send(packet);
    expect(sent).toEqual([]);
    expect(module.drops(DROP_NO_BUFFER)).toBe(before + 1);
  });

  it("writes nothing outside its frame but the virtio-net header", () => {
    const frame = tcpFrame(pattern(50));
    const packet = module.receive(IN, frame, vnetHeader());
    const around = Buffer.from(module.bytes.subarray(BUFFERS_BASE, BUFFERS_BASE + 118));
    send(packet);
    expect(module.bytes.subarray(BUFFERS_BASE, BUFFERS_BASE + 118)).toEqual(around);
  });
});

describe("a super-packet", () => {
  const payload = pattern(5000);
  const frame = tcpFrame(payload, 0x19); // FIN PSH ACK

  it("leaves whole where the port takes it, whatever the MTU", () => {
    send(module.receive(IN, frame, vnetHeader(VNET_GSO_TCPV4, 1448)));
    expect(sent).toEqual([{ port: OUT, vnet: vnetHeader(VNET_GSO_TCPV4, 1448), frame, pieces: 1 }]);
  });

  it.each([
    ["contiguous", frame.length],
    ["split", 100],
  ])("that is %s is cut for a port that does not", (_, head) => {
    module.addPort(OUT);
    const packet = module.receive(IN, frame, vnetHeader(VNET_GSO_TCPV4, 1448));
    if (head < frame.length) split(packet, head);
    const records = module.u32(CONTROL_BASE + CONTROL_POOL_NEXT);
    send(packet);
    expect(sent.map((segment) => segment.frame.length)).toEqual([1502, 1502, 1502, 710]);
    expect(sent.map((segment) => segment.frame.readUInt32BE(38))).toEqual([1000, 2448, 3896, 5344]);
    expect(sent.map((segment) => segment.frame[47])).toEqual([0x10, 0x10, 0x10, 0x19]);
    expect(sent.every((segment) => isTcpSumRight(segment.frame) && isIpv4SumRight(segment.frame))).toBe(true);
    expect(Buffer.concat(sent.map((segment) => segment.frame.subarray(54)))).toEqual(payload);
    expect(module.u32(CONTROL_BASE + CONTROL_POOL_NEXT)).toBe(records);
    expect(module.portField(OUT, PORT_TX_PACKETS)).toBe(4);
  });

  it("in segments that are longer than the MTU is dropped segment by segment", () => {
    module.addPort(OUT, PORT_FEATURE_VNET, 1400);
    const before = module.drops(DROP_TOO_LONG);
    send(module.receive(IN, frame, vnetHeader(VNET_GSO_TCPV4, 1448)));
    expect(sent.map((segment) => segment.frame.length)).toEqual([710]);
    expect(module.drops(DROP_TOO_LONG)).toBe(before + 3);
  });
});

describe("a length limit (trunc)", () => {
  it("cuts the frame and finishes the checksum of the whole", () => {
    const frame = tcpFrame(pattern(500));
    const packet = module.receive(IN, frame, vnetHeader());
    setU32(packet, PACKET_TRUNC, 60);
    send(packet);
    expect(sent[0]!.vnet).toEqual(NO_VNET);
    expect(sent[0]!.frame.length).toBe(60);
    expect(isTcpSumRight(Buffer.concat([sent[0]!.frame, frame.subarray(60)]))).toBe(true);
  });

  it("cuts a split frame in its payload", () => {
    const frame = tcpFrame(pattern(500));
    const packet = module.receive(IN, frame, NO_VNET);
    split(packet, 100);
    setU32(packet, PACKET_TRUNC, 200);
    send(packet);
    expect(sent[0]!.frame).toEqual(frame.subarray(0, 200));
  });

  it("longer than the frame changes nothing, shorter than an Ethernet header leaves that", () => {
    const frame = tcpFrame(pattern(50));
    for (const limit of [1000, 3]) {
      const packet = module.receive(IN, frame, NO_VNET);
      setU32(packet, PACKET_TRUNC, limit);
      send(packet);
    }
    expect(sent.map((message) => message.frame)).toEqual([frame, frame.subarray(0, 14)]);
  });

  it("is for each segment of a super-packet", () => {
    const packet = module.receive(IN, tcpFrame(pattern(3000)), vnetHeader(VNET_GSO_TCPV4, 1448));
    setU32(packet, PACKET_TRUNC, 128);
    send(packet);
    expect(sent.map((segment) => segment.frame.length)).toEqual([128, 128, 128]);
  });
});

describe("a transmit queue", () => {
  const fill = (count: number): void => {
    exports.resetPool();
    for (let i = 0; i < count; i++) {
      const frame = tcpFrame(pattern(i));
      const at = BUFFERS_BASE + i * 4096 + 128;
      module.bytes.set(frame, at);
      const packet = exports.allocatePacket();
      setU32(packet, PACKET_DATA, at);
      setU32(packet, PACKET_LENGTH, frame.length);
      setU32(packet, PACKET_HEAD_LENGTH, frame.length);
      setU32(packet, PACKET_HEADROOM, 128);
      exports.transmit(packet, OUT);
    }
  };

  it("waits for the end of the batch", () => {
    fill(3);
    expect(sent).toEqual([]);
    exports.flushPorts();
    expect(sent.length).toBe(3);
  });

  it("that is full is sent, and order is kept", () => {
    fill(TX_QUEUE + 6);
    expect(flushed).toEqual([OUT]);
    exports.flushPorts();
    expect(flushed).toEqual([OUT, OUT]);
    expect(sent.map(({ frame }) => frame.length - 54)).toEqual(Array.from({ length: TX_QUEUE + 6 }, (_, i) => i));
  });

  it("is sent once a batch, however often it filled up", () => {
    fill(3 * TX_QUEUE + 1);
    exports.flushPorts();
    exports.flushPorts();
    expect(flushed).toEqual([OUT, OUT, OUT, OUT]);
  });

  it("counts what the kernel refused", () => {
    const full = module.drops(DROP_TX_FULL);
    const failed = module.drops(DROP_TX_ERROR);
    exports.countRefused(OUT, 3, true);
    exports.countRefused(OUT, 2, false);
    expect(module.drops(DROP_TX_FULL)).toBe(full + 3);
    expect(module.drops(DROP_TX_ERROR)).toBe(failed + 2);
    expect(module.portField(OUT, PORT_TX_DROPPED)).toBe(3);
    expect(module.portField(OUT, PORT_TX_ERRORS)).toBe(2);
  });
});

describe("a port", () => {
  it.each([
    ["past the last number", MAX_PORTS],
    ["that does not exist", 77],
  ])("%s drops with DROP_NO_PORT", (_, port) => {
    const before = module.drops(DROP_NO_PORT);
    send(module.receive(IN, tcpFrame(pattern(10)), NO_VNET), port);
    expect(sent).toEqual([]);
    expect(module.drops(DROP_NO_PORT)).toBe(before + 1);
  });

  it("that is down drops with DROP_PORT_DOWN until it is up again", () => {
    const before = module.drops(DROP_PORT_DOWN);
    module.records.setUp(OUT, false);
    send(module.receive(IN, tcpFrame(pattern(10)), NO_VNET));
    expect(module.drops(DROP_PORT_DOWN)).toBe(before + 1);
    module.records.setUp(OUT, true);
    send(module.receive(IN, tcpFrame(pattern(10)), NO_VNET));
    expect(sent.length).toBe(1);
  });

  it("reports its counters", () => {
    send(module.receive(IN, tcpFrame(pattern(10)), NO_VNET));
    expect(module.records.statistics(OUT, 0)).toMatchObject({ txPackets: 1n, txBytes: 64n, rxPackets: 0n });
    expect(module.records.statistics(IN, 5)).toMatchObject({ rxPackets: 1n, rxBytes: 64n, rxDropped: 5n });
  });
});
