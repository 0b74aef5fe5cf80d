/**
 * Port records in linear memory, as the main thread writes and reads them.
 *
 * Invariants: a record is complete before its PORT_STATE says so; afterwards the worker owns the counters and the queue,
 *   and both threads change PORT_STATE atomically.
 */
import { TX_QUEUE } from "../../assembly/layout/limits.ts";
import {
  PORT_ERROR,
  PORT_FD,
  PORT_FEATURES,
  PORT_IFINDEX,
  PORT_KIND,
  PORT_MTU,
  PORT_NUMBER,
  PORT_RING_FRAME_SIZE,
  PORT_RING_FRAMES,
  PORT_RX_BYTES,
  PORT_RX_DROPPED,
  PORT_RX_ERRORS,
  PORT_RX_PACKETS,
  PORT_SIZE,
  PORT_STATE,
  PORT_STATE_DOWN,
  PORT_STATE_FREE,
  PORT_STATE_UP,
  PORT_TX_BYTES,
  PORT_TX_DROPPED,
  PORT_TX_ERRORS,
  PORT_TX_MESSAGES,
  PORT_TX_PACKETS,
  PORT_TX_VECTORS,
  PORT_WINDOW,
} from "../../assembly/layout/port.ts";
import { PORTS_BASE, TRANSMIT_BASE, TRANSMIT_STRIDE } from "../../assembly/memory.ts";
import { RING_FRAME_SIZE } from "../kernel/packet-socket.ts";
import type { PortStatistics } from "./datapath.ts";

/** Bytes of struct mmsghdr: the vectors of a queue follow its messages. */
const MESSAGE_SIZE = 64;

export interface PortRecord {
  /** PORT_KIND_*. */
  readonly kind: number;
  /** PORT_FEATURE_*. */
  readonly features: number;
  readonly mtu: number;
  readonly descriptor: number;
  /** Address of its ring or its tunnel record; undefined without one. */
  readonly window?: number;
  /** Bytes of a packet socket's ring. */
  readonly ringBytes?: number;
}

export class PortRecords {
  readonly #words: Int32Array;
  readonly #view: DataView;

  constructor(memory: WebAssembly.Memory) {
    this.#words = new Int32Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
  }

  /** Fills in a record, counters at zero, and puts the port to work (`up`) or lets it wait. */
  publish(number: number, record: PortRecord, up: boolean): void {
    const start = index(number, 0);
    this.#words.fill(0, start, start + PORT_SIZE / 4);
    const messages = TRANSMIT_BASE + number * TRANSMIT_STRIDE;
    this.#set(number, PORT_KIND, record.kind);
    this.#set(number, PORT_NUMBER, number);
    this.#set(number, PORT_FD, record.descriptor);
    this.#set(number, PORT_MTU, record.mtu);
    this.#set(number, PORT_FEATURES, record.features);
    this.#set(number, PORT_TX_MESSAGES, messages);
    this.#set(number, PORT_TX_VECTORS, messages + TX_QUEUE * MESSAGE_SIZE);
    if (record.window !== undefined) this.#set(number, PORT_WINDOW, record.window);
    if (record.ringBytes !== undefined) {
      this.#set(number, PORT_RING_FRAMES, record.ringBytes / RING_FRAME_SIZE);
      this.#set(number, PORT_RING_FRAME_SIZE, RING_FRAME_SIZE);
    }
    this.setUp(number, up);
  }

  setMtu(number: number, mtu: number): void {
    this.#set(number, PORT_MTU, mtu);
  }

  /** Index of the port's interface, from and to which the kernel forwards known flows; 0 = it does not. */
  setForwardingIndex(number: number, ifindex: number): void {
    Atomics.store(this.#words, index(number, PORT_IFINDEX), ifindex);
  }

  /** Frames to a port that is not up are dropped with DROP_PORT_DOWN. */
  setUp(number: number, up: boolean): void {
    if (up) Atomics.store(this.#words, index(number, PORT_ERROR), 0);
    Atomics.store(this.#words, index(number, PORT_STATE), up ? PORT_STATE_UP : PORT_STATE_DOWN);
  }

  /** No port of that number any more. */
  free(number: number): void {
    Atomics.store(this.#words, index(number, PORT_STATE), PORT_STATE_FREE);
  }

  /** `missed`: frames that the kernel's ring had no room for, which the fast path cannot know. */
  statistics(number: number, missed: number): PortStatistics {
    const counter = (field: number): bigint => this.#view.getBigUint64(PORTS_BASE + number * PORT_SIZE + field, true);
    return {
      rxPackets: counter(PORT_RX_PACKETS),
      rxBytes: counter(PORT_RX_BYTES),
      rxDropped: counter(PORT_RX_DROPPED) + BigInt(missed),
      rxMissed: BigInt(missed),
      rxErrors: counter(PORT_RX_ERRORS),
      txPackets: counter(PORT_TX_PACKETS),
      txBytes: counter(PORT_TX_BYTES),
      txDropped: counter(PORT_TX_DROPPED),
      txErrors: counter(PORT_TX_ERRORS),
    };
  }

  #set(number: number, field: number, value: number): void {
    this.#words[index(number, field)] = value;
  }
}

/** Index of a 32-bit field in the words of linear memory. */
function index(number: number, field: number): number {
  return (PORTS_BASE + number * PORT_SIZE + field) >> 2;
}
