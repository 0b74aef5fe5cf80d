/**
 * The fast path in this thread, with ports in memory: tests, traces, benchmarks.
 *
 * What: `inject` queues frames, `run` moves everything that can move: batches, commands, upcalls, until nothing is left.
 *   Time stands still unless `advanceTime` moves it.
 * Invariants: the same core as the worker's, the same module, the same batches; only frames come and go by copying.
 *   Nothing happens between calls: without `run` (or `barrier`) commands stay in their ring.
 */
import { BATCH_SIZE, BUFFER_SIZE, MAX_FRAME } from "../../assembly/layout/limits.ts";
import { PACKET_MIN_HEADROOM, VNET_HEADER_SIZE } from "../../assembly/layout/packet.ts";
import {
  BUFFER_LENGTH,
  PORT_FEATURE_CSUM,
  PORT_FEATURE_TSO4,
  PORT_FEATURE_TSO6,
  PORT_FEATURE_USO,
  PORT_FEATURE_VNET,
  PORT_KIND,
  PORT_KIND_TEST,
  PORT_KIND_TUNNEL,
  PORT_SIZE,
  PORT_TX_COUNT,
  PORT_TX_MESSAGES,
  PORT_TX_VECTORS,
} from "../../assembly/layout/port.ts";
import { BUFFERS_BASE, PORTS_BASE } from "../../assembly/memory.ts";
import type { Datapath, Frame, PortSpec, PortStatistics, PortStatus, Upcall } from "./datapath.ts";
import { DatapathCore } from "./datapath-core.ts";
import { wantHugePages } from "./huge-pages.ts";
import { type Datagram, LocalTunnels } from "./local-tunnels.ts";
import { createMemory, type FastpathExports, instantiate } from "./module.ts";
import { PortRecords } from "./port-records.ts";
import { TUNNEL_MTU, type TunnelSpec } from "./tunnel-records.ts";

const ALL_FEATURES = PORT_FEATURE_VNET | PORT_FEATURE_CSUM | PORT_FEATURE_TSO4 | PORT_FEATURE_TSO6 | PORT_FEATURE_USO;
const NO_OFFLOAD = new Uint8Array(VNET_HEADER_SIZE);
const COMMAND_BUDGET = 1 << 20;
const SWEEP_BUDGET = 1 << 16;
/** struct mmsghdr: number of vectors at 24; struct iovec: base(8) len(8), two for each message. */
const MESSAGE_SIZE = 64;
const MESSAGE_VECTOR_COUNT = 24;
const VECTOR_SIZE = 16;
/** Rounds of `run` without an end: upcalls whose handling causes upcalls for ever. */
const ROUND_LIMIT = 100_000;

export interface LocalDatapathOptions {
  /** Fixes hashes and random numbers. */
  readonly seed?: number;
  /** Milliseconds of the clock at the start. */
  readonly now?: number;
  /** What test ports can do; everything unless given (PORT_FEATURE_*). */
  readonly features?: number;
  readonly mtu?: number;
  /** Frames that leave are counted and forgotten, without a copy: benchmarks. */
  readonly discard?: boolean;
  /** Huge pages for the tables, as the worker's have: benchmarks. */
  readonly hugePages?: boolean;
  /** Another build of the module: the tests' own exports. */
  readonly module?: WebAssembly.Module;
}

interface LocalPort {
  readonly status: PortStatus;
  readonly arrived: Frame[];
  transmitted: Frame[];
  /** Of a tunnel port. */
  datagrams?: Datagram[];
}

export class LocalDatapath extends DatapathCore implements Datapath {
  readonly memory: WebAssembly.Memory;
  readonly fastpath: FastpathExports;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #records: PortRecords;
  readonly #features: number;
  readonly #mtu: number;
  readonly #discard: boolean;
  readonly #words: Int32Array;
  readonly #tunnels: LocalTunnels;
  readonly #ports = new Map<number, LocalPort>();
  readonly #listeners: Parameters<Datapath["onPortChange"]>[0][] = [];
  #microseconds: number;
  #running = false;

  constructor(options: LocalDatapathOptions = {}) {
    const memory = createMemory(options.seed);
    if (options.hugePages) wantHugePages(memory);
    // A ring that is full is emptied at once: there is no other thread that could.
    super({ memory, wake: () => this.#makeRoom() });
    this.memory = memory;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
    this.#records = new PortRecords(memory);
    this.#features = options.features ?? ALL_FEATURES;
    this.#mtu = options.mtu ?? 1500;
    this.#discard = options.discard ?? false;
    this.#words = new Int32Array(memory.buffer);
    this.#tunnels = new LocalTunnels(memory);
    this.#microseconds = (options.now ?? 1_000_000) * 1000;
    const host = { flushPort: (port: number) => this.#flush(port), receiveLong: () => 0 };
    this.fastpath = instantiate(memory, host, options.module);
    this.fastpath.setClock(this.#microseconds);
    this.fastpath.initialize();
  }

  /** Nothing that the kernel could forward comes by ports in memory. */
  async setOffload(): Promise<void> {}

  async addPort(spec: PortSpec, number = this.#freeNumber()): Promise<PortStatus> {
    return spec.kind === "tunnel"
      ? this.addTunnelPort(spec, number)
      : this.addTestPort(spec.name, number, spec.kind === "test" ? spec.mac : undefined);
  }

  /** A tunnel port whose datagrams the test takes and injects. */
  addTunnelPort(spec: TunnelSpec, number = this.#freeNumber()): PortStatus {
    if (this.#ports.has(number)) throw new Error(`port number ${number} is taken`);
    const status: PortStatus = { number, name: spec.name, kind: "tunnel", up: true, mtu: TUNNEL_MTU };
    this.#ports.set(number, { status, arrived: [], transmitted: [], datagrams: [] });
    const window = this.#tunnels.open(spec);
    this.#records.publish(
      number,
      { kind: PORT_KIND_TUNNEL, features: 0, mtu: TUNNEL_MTU, descriptor: -1, window },
      true,
    );
    return status;
  }

  /** As `addPort`, at once. */
  addTestPort(name: string, number = this.#freeNumber(), mac?: string): PortStatus {
    if (this.#ports.has(number)) throw new Error(`port number ${number} is taken`);
    const status: PortStatus = { number, name, kind: "test", up: true, mac, mtu: this.#mtu };
    this.#ports.set(number, { status, arrived: [], transmitted: [] });
    const record = { kind: PORT_KIND_TEST, features: this.#features, mtu: this.#mtu, descriptor: -1 };
    this.#records.publish(number, record, true);
    return status;
  }

  async removePort(number: number): Promise<void> {
    this.#port(number);
    this.#records.free(number);
    this.#ports.delete(number);
  }

  /** Takes a port down or up, as the link of a real one goes. */
  setPortUp(number: number, up: boolean): void {
    const port = this.#port(number);
    if (port.status.up === up) return;
    const status = { ...port.status, up };
    this.#ports.set(number, { ...port, status });
    this.#records.setUp(number, up);
    const event = up ? "up" : "down";
    for (const listener of this.#listeners) listener({ port: status, event, reason: `set ${event}` });
  }

  ports(): readonly PortStatus[] {
    return [...this.#ports.values()].map((port) => port.status);
  }

  portStatistics(number: number): PortStatistics {
    this.#port(number);
    return this.#records.statistics(number, 0);
  }

  onPortChange(listener: Parameters<Datapath["onPortChange"]>[0]): void {
    this.#listeners.push(listener);
  }

  override async barrier(): Promise<void> {
    this.#applyCommands();
    await super.barrier();
  }

  async close(): Promise<void> {
    this.#ports.clear();
  }

  /** Queues a frame as if it had arrived at the port. */
  inject(port: number, frame: Uint8Array, vnet: Uint8Array = NO_OFFLOAD): void {
    if (frame.length > MAX_FRAME) throw new RangeError(`a frame of ${frame.length} bytes`);
    this.#port(port).arrived.push({ bytes: frame, vnet });
  }

  /** Has a datagram arrive at a tunnel port, and processes it at once. */
  receiveDatagram(port: number, datagram: Datagram): void {
    this.#port(port);
    this.#tunnels.arrive(datagram);
    this.fastpath.runDatagrams(port, datagram.checksum, 1);
  }

  /** Datagrams that left the tunnel port since the last call. */
  takeDatagrams(number: number): Datagram[] {
    return this.#port(number).datagrams?.splice(0) ?? [];
  }

  /** Processes batches, commands and upcalls until nothing is left to do. */
  run(): void {
    if (this.#running) throw new Error("run() from an upcall handler");
    this.#running = true;
    try {
      for (let round = 0; this.#step(); round++) {
        if (round === ROUND_LIMIT) throw new Error("the slow path answers its own upcalls with upcalls without end");
      }
    } finally {
      this.#running = false;
      this.settle();
    }
  }

  /** Frames that left the port since the last call. */
  takeTransmitted(port: number): Frame[] {
    const record = this.#port(port);
    const frames = record.transmitted;
    record.transmitted = [];
    return frames;
  }

  /** Moves the clock, and lets timeouts happen. */
  advanceTime(milliseconds: number): void {
    this.#microseconds += Math.round(milliseconds * 1000);
    this.fastpath.setClock(this.#microseconds);
    this.fastpath.sweep(SWEEP_BUDGET);
  }

  /** Milliseconds of the virtual clock. */
  get now(): number {
    return Math.floor(this.#microseconds / 1000);
  }

  /** Upcalls waiting in the ring, without their handler: for tests that look at the upcalls themselves. */
  takeUpcalls(): Upcall[] {
    const upcalls: Upcall[] = [];
    for (const upcall of this.readUpcalls()) {
      const { key, frame, vnet, cookie } = upcall;
      upcalls.push({ ...upcall, cookie, key: key.slice(), frame: frame.slice(), vnet: vnet.slice() });
    }
    return upcalls;
  }

  #step(): boolean {
    let worked = this.#applyCommands();
    for (const [number, port] of this.#ports) {
      if (port.arrived.length === 0) continue;
      this.#receive(number, port.arrived.splice(0, BATCH_SIZE));
      worked = true;
    }
    this.fastpath.sweep(SWEEP_BUDGET);
    return this.deliverUpcalls() || worked;
  }

  #applyCommands(): boolean {
    return this.fastpath.applyCommands(COMMAND_BUDGET) > 0;
  }

  #makeRoom(): void {
    if (this.commands.free < this.commands.capacity / 4) this.#applyCommands();
  }

  #receive(port: number, frames: readonly Frame[]): void {
    frames.forEach(({ bytes, vnet }, i) => {
      const buffer = BUFFERS_BASE + i * BUFFER_SIZE;
      this.#view.setUint32(buffer + BUFFER_LENGTH, bytes.length, true);
      this.#bytes.set(vnet.subarray(0, VNET_HEADER_SIZE), buffer + PACKET_MIN_HEADROOM - VNET_HEADER_SIZE);
      this.#bytes.set(bytes, buffer + PACKET_MIN_HEADROOM);
    });
    this.fastpath.runBuffers(port, frames.length);
  }

  /** env.flushPort. */
  #flush(number: number): void {
    const record = PORTS_BASE + number * PORT_SIZE;
    const count = this.#words[(record + PORT_TX_COUNT) >> 2];
    if (this.#words[(record + PORT_KIND) >> 2] === PORT_KIND_TUNNEL) {
      const datagrams = this.#tunnels.take(record, count);
      for (const { packets, frameBytes } of datagrams) this.fastpath.countTunnelled(number, packets, frameBytes, -1);
      this.#ports.get(number)?.datagrams?.push(...datagrams);
      this.#words[(record + PORT_TX_COUNT) >> 2] = 0;
      return;
    }
    if (!this.#discard) this.#keep(number, record, count);
    this.fastpath.countSent(number, 0, count);
    this.#words[(record + PORT_TX_COUNT) >> 2] = 0;
  }

  /** Copies what the transmit queue points at. Host addresses are linear offsets here. */
  #keep(number: number, record: number, count: number): void {
    const view = this.#view;
    const messages = view.getUint32(record + PORT_TX_MESSAGES, true);
    const vectors = view.getUint32(record + PORT_TX_VECTORS, true);
    const port = this.#ports.get(number);
    for (let i = 0; i < count; i++) {
      const pieces = view.getUint32(messages + i * MESSAGE_SIZE + MESSAGE_VECTOR_COUNT, true);
      const parts = Array.from({ length: pieces }, (_, piece) => {
        const vector = vectors + (i * 2 + piece) * VECTOR_SIZE;
        const base = view.getUint32(vector, true);
        return this.#bytes.slice(base, base + view.getUint32(vector + 8, true));
      });
      port?.transmitted.push(toFrame(Buffer.concat(parts), (this.#features & PORT_FEATURE_VNET) !== 0));
    }
  }

  #port(number: number): LocalPort {
    const port = this.#ports.get(number);
    if (port === undefined) throw new Error(`there is no port ${number}`);
    return port;
  }

  #freeNumber(): number {
    let number = 1;
    while (this.#ports.has(number)) number++;
    return number;
  }
}

function toFrame(bytes: Buffer, offloads: boolean): Frame {
  const header = offloads ? VNET_HEADER_SIZE : 0;
  return {
    vnet: offloads ? new Uint8Array(bytes.subarray(0, header)) : new Uint8Array(VNET_HEADER_SIZE),
    bytes: new Uint8Array(bytes.subarray(header)),
  };
}
