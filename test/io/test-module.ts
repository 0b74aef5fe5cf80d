/** The test build with ports whose kernel is a list of frames. */
import { COUNTER_DROP } from "../../assembly/layout/counter.ts";
import { BUFFER_SIZE } from "../../assembly/layout/limits.ts";
import { PACKET_MIN_HEADROOM, PACKET_SIZE, VNET_HEADER_SIZE } from "../../assembly/layout/packet.ts";
import {
  BUFFER_LENGTH,
  PORT_FEATURE_VNET,
  PORT_FEATURES,
  PORT_KIND_TEST,
  PORT_SIZE,
  PORT_TX_COUNT,
  PORT_TX_MESSAGES,
  PORT_TX_VECTORS,
} from "../../assembly/layout/port.ts";
import { BUFFERS_BASE, COUNTERS_BASE, PACKETS_BASE, PORTS_BASE } from "../../assembly/memory.ts";
import { createMemory, type FastpathExports, instantiate, loadModule } from "../../src/fastpath/module.ts";
import { PortRecords } from "../../src/fastpath/port-records.ts";

interface IoExports extends FastpathExports {
  resetPool(): void;
  allocatePacket(): number;
  parse(packet: number): void;
  receiveRing(port: number): number;
  releaseRing(port: number): void;
  receiveXdp(port: number): number;
  releaseXdp(port: number): void;
  receiveBuffers(port: number, count: number): number;
  transmit(packet: number, port: number): void;
  flushPorts(): void;
  countSent(port: number, first: number, count: number): void;
  countRefused(port: number, count: number, full: boolean): void;
}

export interface SentFrame {
  readonly port: number;
  readonly vnet: Buffer;
  readonly frame: Buffer;
  readonly pieces: number;
}

export class TestModule {
  readonly memory = createMemory(1);
  readonly bytes = Buffer.from(this.memory.buffer);
  readonly records = new PortRecords(this.memory);
  readonly sent: SentFrame[] = [];
  /** Ports in the order they were flushed. */
  readonly flushed: number[] = [];
  /** Frames that the next `receiveLong` finds. */
  long: Uint8Array[] = [];
  readonly exports: IoExports;

  constructor() {
    this.exports = instantiate<IoExports>(this.memory, this, loadModule("fastpath-test"));
    this.exports.initialize();
  }

  addPort(
    number: number,
    features = PORT_FEATURE_VNET,
    mtu = 1500,
    ring?: { window: number; ringBytes: number },
  ): void {
    this.records.publish(number, { kind: PORT_KIND_TEST, features, mtu, descriptor: -1, ...ring }, true);
  }

  /** Writes a frame and its virtio-net header into a receive buffer. */
  fillBuffer(index: number, frame: Uint8Array, vnet: Uint8Array = Buffer.alloc(VNET_HEADER_SIZE)): void {
    const buffer = BUFFERS_BASE + index * BUFFER_SIZE;
    this.bytes.writeUInt32LE(frame.length, buffer + BUFFER_LENGTH);
    this.bytes.set(vnet, buffer + PACKET_MIN_HEADROOM - VNET_HEADER_SIZE);
    this.bytes.set(frame, buffer + PACKET_MIN_HEADROOM);
  }

  /** One parsed packet of the frame, received at the port. */
  receive(port: number, frame: Uint8Array, vnet?: Uint8Array): number {
    this.exports.resetPool();
    this.fillBuffer(0, frame, vnet);
    if (this.exports.receiveBuffers(port, 1) !== 1) throw new Error("the frame was refused");
    this.exports.parse(PACKETS_BASE);
    return PACKETS_BASE;
  }

  /** Address of the record of a batch. */
  packet(index: number): number {
    return PACKETS_BASE + index * PACKET_SIZE;
  }

  u32(address: number): number {
    return this.bytes.readUInt32LE(address);
  }

  u16(address: number): number {
    return this.bytes.readUInt16LE(address);
  }

  portField(port: number, field: number): number {
    return this.u32(PORTS_BASE + port * PORT_SIZE + field);
  }

  drops(reason: number): number {
    return this.u32(COUNTERS_BASE + (COUNTER_DROP + reason) * 8);
  }

  receiveLong(_port: number, count: number): number {
    const frames = this.long.splice(0, count);
    for (const [index, frame] of frames.entries()) this.fillBuffer(index, frame);
    return frames.length;
  }

  flushPort(port: number): void {
    this.flushed.push(port);
    const count = this.portField(port, PORT_TX_COUNT);
    for (let i = 0; i < count; i++) this.sent.push(this.#message(port, i));
    this.exports.countSent(port, 0, count);
    this.bytes.writeUInt32LE(0, PORTS_BASE + port * PORT_SIZE + PORT_TX_COUNT);
  }

  /** Reads what sendmmsg would: struct mmsghdr and struct iovec, host base 0. */
  #message(port: number, index: number): SentFrame {
    const message = this.portField(port, PORT_TX_MESSAGES) + index * 64;
    const vectors = this.portField(port, PORT_TX_VECTORS) + index * 32;
    if (this.u32(message + 16) !== vectors) throw new Error("the message does not point at its vectors");
    const pieces = this.u32(message + 24);
    const parts: Buffer[] = [];
    for (let i = 0; i < pieces; i++) {
      const base = this.u32(vectors + i * 16);
      parts.push(Buffer.from(this.bytes.subarray(base, base + this.u32(vectors + i * 16 + 8))));
    }
    const all = Buffer.concat(parts);
    const header = this.portField(port, PORT_FEATURES) & PORT_FEATURE_VNET ? VNET_HEADER_SIZE : 0;
    return { port, vnet: all.subarray(0, header), frame: all.subarray(header), pieces };
  }
}
