/**
 * Packets out of nothing: a receive ring in memory whose frames get the source addresses of other flows between batches.
 *
 * The frames stay in the processor's cache and are a few lines longer than a power of two, so that what is measured is the
 * switch and not the ring. Checksums are right: nothing vouches for them, as it is for the packets of OVS's null ports. The module's
 * test build writes the fields, as DPDK's port is compiled code: from JavaScript that cost 5 to 9 ns a packet more.
 */

import { RING_LENGTH, RING_MAC, RING_SNAPLEN } from "../../assembly/io/ring-layout.ts";
import {
  PORT_FEATURE_VNET,
  PORT_KIND_PACKET,
  PORT_RING_FRAME_SIZE,
  PORT_RING_FRAMES,
  PORT_SIZE,
} from "../../assembly/layout/port.ts";
import { PORTS_BASE, WINDOWS_BASE } from "../../assembly/memory.ts";
import type { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { PortRecords } from "../../src/fastpath/port-records.ts";
import { shuffled } from "../shuffled.ts";
import {
  BATCH,
  FLOW_IPV4_CHECKSUM,
  FLOW_SIZE,
  FLOW_SOURCE,
  FLOW_TCP_CHECKSUM,
  FRAME_AT,
  FRAME_SIZE,
  IPV4_CHECKSUM,
  IPV4_DESTINATION,
  IPV4_SOURCE,
  TCP_CHECKSUM,
} from "./source-layout.ts";
import { ACK, FRAME_BYTES, type TcpFrame, tcpFrame } from "./tcp-frame.ts";

/** The flows, in the order of play: behind the ring, where no other port has a window. */
const TABLE = WINDOWS_BASE + 2 ** 20;

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

/** Of the test build: test/assembly/fill-ring.ts. */
interface Filling {
  fillRing(ring: number, table: number, flows: number, next: number, destination: number): number;
}

export class PacketSource {
  readonly #bytes: Uint8Array;
  readonly #filling: Filling;
  readonly #flows: number;
  readonly #destination: number;
  readonly #template: Uint8Array | undefined;
  #next = 0;

  /** @param datapath of the test build */
  constructor(datapath: LocalDatapath, port: number, flows: number, options: SourceOptions = {}) {
    const { flags = ACK, whole = false } = options;
    const first = { ...FIRST_FLOW, flags };
    const { memory } = datapath;
    this.#filling = datapath.fastpath as unknown as Filling;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#template = whole ? tcpFrame(first) : undefined;
    this.#flows = flows;
    this.#destination = Buffer.from(tcpFrame(first)).readInt32LE(IPV4_DESTINATION);
    const table = new DataView(memory.buffer, TABLE, flows * FLOW_SIZE);
    shuffled(flows).forEach((flow, i) => {
      const frame = Buffer.from(tcpFrame({ ...first, source: SOURCE_BASE + flow }));
      const at = i * FLOW_SIZE;
      table.setUint32(at + FLOW_SOURCE, frame.readUInt32LE(IPV4_SOURCE), true);
      table.setUint16(at + FLOW_IPV4_CHECKSUM, frame.readUInt16LE(IPV4_CHECKSUM), true);
      table.setUint16(at + FLOW_TCP_CHECKSUM, frame.readUInt16LE(TCP_CHECKSUM), true);
    });
    this.#openRing(memory, port, tcpFrame(first));
  }

  /** The next batch lies in the ring. */
  fill(): void {
    if (this.#template) this.#writeWhole(this.#template);
    this.#next = this.#filling.fillRing(WINDOWS_BASE, TABLE, this.#flows, this.#next, this.#destination);
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
    const view = new DataView(memory.buffer);
    view.setUint32(record + PORT_RING_FRAMES, BATCH, true);
    view.setUint32(record + PORT_RING_FRAME_SIZE, FRAME_SIZE, true);
    for (let i = 0; i < BATCH; i++) {
      const frame = WINDOWS_BASE + i * FRAME_SIZE;
      view.setUint32(frame + RING_LENGTH, FRAME_BYTES, true);
      view.setUint32(frame + RING_SNAPLEN, FRAME_BYTES, true);
      view.setUint16(frame + RING_MAC, FRAME_AT, true);
      this.#bytes.set(template, frame + FRAME_AT);
    }
  }
}
