/**
 * Packets out of nothing: a receive ring in memory whose frames get the source addresses of other flows between batches.
 *
 * The frames stay in the processor's cache and are a few lines longer than a power of two, so that what is measured is the
 * switch and not the ring. Checksums are right: nothing vouches for them, as it is for the packets of OVS's null ports.
 */

import { RING_LENGTH, RING_MAC, RING_SNAPLEN, RING_STATUS, RING_USER } from "../../assembly/io/ring-layout.ts";
import {
  PORT_FEATURE_VNET,
  PORT_KIND_PACKET,
  PORT_RING_FRAME_SIZE,
  PORT_RING_FRAMES,
  PORT_SIZE,
} from "../../assembly/layout/port.ts";
import { PORTS_BASE, WINDOWS_BASE } from "../../assembly/memory.ts";
import { PortRecords } from "../../src/fastpath/port-records.ts";
import { shuffled } from "../shuffled.ts";
import {
  ACK,
  FRAME_BYTES,
  IPV4_CHECKSUM,
  IPV4_DESTINATION,
  IPV4_SOURCE,
  TCP_CHECKSUM,
  type TcpFrame,
  tcpFrame,
} from "./tcp-frame.ts";

export const BATCH = 32;
const FRAME_SIZE = 2048 + 64;
/** IP addresses are aligned then, as the kernel has them. */
const FRAME_AT = 130;

export const SOURCE_BASE = 0x0a00_0000;
/** 10.0.0.0:1024 > 10.1.0.1:80, ACK of an established connection. */
export const FIRST_FLOW: TcpFrame = {
  source: SOURCE_BASE,
  destination: 0x0a01_0001,
  sourcePort: 1024,
  destinationPort: 80,
  flags: ACK,
  sequence: 1,
  acknowledgement: 1,
};

export interface SourceOptions {
  /** TCP flags, ACK unless given. */
  readonly flags?: number;
  /** Frames are written whole each time: where actions edit more of them than addresses and checksums. */
  readonly whole?: boolean;
}

export class PacketSource {
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #halves: Uint16Array;
  /** Of each flow, in the order of play: source address, checksums, as memory holds them. */
  readonly #addresses: Int32Array;
  readonly #destination: number;
  readonly #headerSums: Uint16Array;
  readonly #segmentSums: Uint16Array;
  readonly #template: Uint8Array | undefined;
  #next = 0;

  constructor(memory: WebAssembly.Memory, port: number, flows: number, options: SourceOptions = {}) {
    const { flags = ACK, whole = false } = options;
    const first = { ...FIRST_FLOW, flags };
    this.#bytes = new Uint8Array(memory.buffer);
    this.#template = whole ? tcpFrame(first) : undefined;
    this.#words = new Int32Array(memory.buffer);
    this.#halves = new Uint16Array(memory.buffer);
    this.#addresses = new Int32Array(flows);
    this.#destination = Buffer.from(tcpFrame(FIRST_FLOW)).readInt32LE(IPV4_DESTINATION);
    this.#headerSums = new Uint16Array(flows);
    this.#segmentSums = new Uint16Array(flows);
    shuffled(flows).forEach((flow, i) => {
      const frame = Buffer.from(tcpFrame({ ...first, source: SOURCE_BASE + flow }));
      this.#addresses[i] = frame.readInt32LE(IPV4_SOURCE);
      this.#headerSums[i] = frame.readUInt16LE(IPV4_CHECKSUM);
      this.#segmentSums[i] = frame.readUInt16LE(TCP_CHECKSUM);
    });
    this.#openRing(memory, port, tcpFrame(first));
  }

  /** The next batch lies in the ring. Fields are read once: this is timed with what is measured. */
  fill(): void {
    const words = this.#words;
    const halves = this.#halves;
    const addresses = this.#addresses;
    const headerSums = this.#headerSums;
    const segmentSums = this.#segmentSums;
    const destination = this.#destination;
    const flows = addresses.length;
    if (this.#template) this.#writeWhole(this.#template);
    let next = this.#next;
    for (let ring = WINDOWS_BASE; ring < WINDOWS_BASE + BATCH * FRAME_SIZE; ring += FRAME_SIZE) {
      const word = (ring + FRAME_AT + IPV4_SOURCE) >> 2;
      words[word] = addresses[next];
      words[word + 1] = destination; // NAT edits frames where they lie
      halves[(ring + FRAME_AT + IPV4_CHECKSUM) >> 1] = headerSums[next];
      halves[(ring + FRAME_AT + TCP_CHECKSUM) >> 1] = segmentSums[next];
      words[(ring + RING_STATUS) >> 2] = RING_USER;
      next = next + 1 === flows ? 0 : next + 1;
    }
    this.#next = next;
  }

  #writeWhole(template: Uint8Array): void {
    for (let i = 0; i < BATCH; i++) this.#bytes.set(template, WINDOWS_BASE + i * FRAME_SIZE + FRAME_AT);
  }

  /** Of the frame that comes first in a batch, as it lies in memory now. */
  bytesOfFirst(at: number, length: number): Uint8Array {
    return this.#bytes.slice(WINDOWS_BASE + FRAME_AT + at, WINDOWS_BASE + FRAME_AT + at + length);
  }

  #openRing(memory: WebAssembly.Memory, port: number, template: Uint8Array): void {
    const ring = {
      kind: PORT_KIND_PACKET,
      features: PORT_FEATURE_VNET,
      mtu: 1500,
      descriptor: -1,
      window: WINDOWS_BASE,
    };
    new PortRecords(memory).publish(port, ring, true);
    const record = PORTS_BASE + port * PORT_SIZE;
    this.#words[(record + PORT_RING_FRAMES) >> 2] = BATCH;
    this.#words[(record + PORT_RING_FRAME_SIZE) >> 2] = FRAME_SIZE;
    const view = new DataView(memory.buffer);
    for (let i = 0; i < BATCH; i++) {
      const frame = WINDOWS_BASE + i * FRAME_SIZE;
      view.setUint32(frame + RING_LENGTH, FRAME_BYTES, true);
      view.setUint32(frame + RING_SNAPLEN, FRAME_BYTES, true);
      view.setUint16(frame + RING_MAC, FRAME_AT, true);
      this.#bytes.set(template, frame + FRAME_AT);
    }
  }
}
