/**
 * Frames between linear memory and the kernel: the system calls of a worker thread.
 *
 * What: frames of TAP devices (tap-exchange.ts), frames too long for a ring, transmit queues; all of it on addresses, without an object
 *   for each frame.
 * Invariants: `flushPort` leaves the queue empty, whatever the kernel says. What the kernel has looked at on an AF_XDP port's ring and
 *   does not take stays there, for `sendRests`. A descriptor that has died is reported once per failing call to `onFailure`, and never an
 *   exception: the other ports go on.
 */
import { RECEIVE_BUFFERS } from "../../assembly/layout/limits.ts";
import { VNET_HEADER_SIZE } from "../../assembly/layout/packet.ts";
import {
  PORT_FD,
  PORT_KIND,
  PORT_KIND_PACKET,
  PORT_KIND_TAP,
  PORT_KIND_TUNNEL,
  PORT_KIND_XDP,
  PORT_SIZE,
  PORT_STATE,
  PORT_STATE_UP,
  PORT_TX_COUNT,
  PORT_TX_MESSAGES,
  PORT_TX_VECTORS,
} from "../../assembly/layout/port.ts";
import { XDP_TRANSMIT_ENTRIES } from "../../assembly/layout/xdp.ts";
import { IO_BASE, PORTS_BASE } from "../../assembly/memory.ts";
import { EAGAIN, EBUSY, EINTR, ENOBUFS, isDeviceFailure, isHopeless } from "../kernel/errno.ts";
import { hostBase } from "../kernel/host-memory.ts";
import type { IoUring } from "../kernel/io-uring.ts";
import { errno, recvmmsg, send, sendmmsg } from "../kernel/system-calls.ts";
import type { DatagramExchange } from "./datagram-exchange.ts";
import type { FastpathExports } from "./module.ts";
import { TapCalls } from "./tap-calls.ts";
import {
  FILL_SIZE,
  fillOf,
  lengthIndex,
  MESSAGE_SIZE,
  MESSAGE_VECTOR_COUNT,
  type TapExchange,
  type TapReports,
  VECTOR_SIZE,
} from "./tap-exchange.ts";
import { TapRing } from "./tap-ring.ts";

const MSG_DONTWAIT = 0x40;

/** struct mmsghdr: iov(8) at 16, iovlen(8) at 24, len(4) at 56; struct iovec: base(8) len(8). */
const MESSAGE_VECTORS = 16;
const MESSAGE_LENGTH = 56;

/** Receive messages, one for each receive buffer, after the list of ports (assembly/io/queue.ts). */
const RECEIVE_MESSAGES = IO_BASE + (64 << 10);
const RECEIVE_VECTORS = RECEIVE_MESSAGES + RECEIVE_BUFFERS * MESSAGE_SIZE;
/**
 * Calls in a row after which an AF_XDP socket that shows nothing taken has no room. Kernels before 6.17 take 32 frames a call and show
 * them when the ring is empty: a whole ring is 32 calls.
 */
const FRUITLESS_CALLS = XDP_TRANSMIT_ENTRIES / 32 + 1;

/** What the module does for us: it counts (assembly/io/queue.ts), and fills rings (assembly/io/xdp-transmit.ts). */
export type SendCounters = Pick<
  FastpathExports,
  "countSent" | "countRefused" | "submitXdp" | "unsentXdp" | "countTakenXdp" | "withdrawXdp"
>;

export class FrameExchange {
  readonly #words: Int32Array;
  readonly #base: number;
  readonly #counters: () => SendCounters;
  readonly #onFailure: (port: number, errno: number) => void;
  readonly #taps: TapExchange;
  readonly #datagrams: DatagramExchange | undefined;
  /** AF_XDP ports whose ring the kernel has not emptied. */
  readonly #rests = new Set<number>();

  /**
   * `counters` is asked for late: the module's imports are made before the module. `ring`: for TAP devices, which have a system call for
   * each frame without it.
   */
  constructor(
    memory: WebAssembly.Memory,
    counters: () => SendCounters,
    onFailure: (port: number, errno: number) => void,
    datagrams?: DatagramExchange,
    ring?: IoUring,
  ) {
    this.#words = new Int32Array(memory.buffer);
    this.#base = hostBase(memory);
    this.#counters = counters;
    this.#onFailure = onFailure;
    this.#datagrams = datagrams;
    const reports: TapReports = {
      sent: (port, first, count) => counters().countSent(port, first, count),
      refused: (port, count, number) => this.#refused(port, count, number),
      ended: (port, number) => this.#failed(port, number),
    };
    this.#taps = ring ? new TapRing(ring, memory, reports) : new TapCalls(memory, reports);
    this.#prepareReceiveMessages(new DataView(memory.buffer));
  }

  /** Reads up to RECEIVE_BUFFERS frames of a TAP device into the receive buffers; how many came. */
  readFrames(port: number): number {
    return this.#taps.read(port, this.#words[(PORTS_BASE + port * PORT_SIZE + PORT_FD) >> 2]!);
  }

  /** env.receiveLong of assembly/io/host.ts. */
  readonly receiveLong = (port: number, count: number): number => {
    const words = this.#words;
    const descriptor = words[(PORTS_BASE + port * PORT_SIZE + PORT_FD) >> 2]!;
    const wanted = Math.min(count, RECEIVE_BUFFERS);
    const came = recvmmsg(descriptor, this.#base + RECEIVE_MESSAGES, wanted, MSG_DONTWAIT, 0);
    if (came < 0) {
      this.#failed(port, errno());
      return 0;
    }
    for (let i = 0; i < came; i++) {
      const length = words[(RECEIVE_MESSAGES + i * MESSAGE_SIZE + MESSAGE_LENGTH) >> 2]!;
      words[lengthIndex(i)] = Math.max(length - VNET_HEADER_SIZE, 0);
    }
    return came;
  };

  /** env.flushPort of assembly/io/host.ts. */
  readonly flushPort = (port: number): void => {
    const record = PORTS_BASE + port * PORT_SIZE;
    const words = this.#words;
    const count = words[(record + PORT_TX_COUNT) >> 2]!;
    const descriptor = words[(record + PORT_FD) >> 2]!;
    const kind = words[(record + PORT_KIND) >> 2]!;
    const messages = words[(record + PORT_TX_MESSAGES) >> 2]!;
    if (kind === PORT_KIND_PACKET) this.#sendMessages(port, descriptor, messages, count);
    else if (kind === PORT_KIND_TUNNEL && this.#datagrams) this.#datagrams.send(port, count);
    else if (kind === PORT_KIND_XDP) this.#sendRing(port, descriptor, count);
    else if (kind === PORT_KIND_TAP)
      this.#taps.write(port, descriptor, messages, words[(record + PORT_TX_VECTORS) >> 2]!, count);
    else this.#counters().countRefused(port, count, false);
    words[(record + PORT_TX_COUNT) >> 2] = 0;
  };

  #sendMessages(port: number, descriptor: number, messages: number, count: number): void {
    for (let first = 0; first < count; ) {
      const sent = sendmmsg(descriptor, this.#base + messages + first * MESSAGE_SIZE, count - first, MSG_DONTWAIT);
      if (sent > 0) {
        this.#counters().countSent(port, first, sent);
        first += sent;
      } else {
        first += this.#skip(port, count - first);
      }
    }
  }

  /** A frame that finds no chunk, or no device before the kernel has looked at the ring, is refused. */
  #sendRing(port: number, descriptor: number, count: number): void {
    const ring = this.#counters();
    const rest = ring.unsentXdp(port);
    const submitted = ring.submitXdp(port);
    if (submitted < count) ring.countRefused(port, count - submitted, true);
    this.#emptyRing(port, descriptor, rest === 0 ? submitted : 0);
  }

  /** Has the kernel take what is on the ring, as far as it can now. `unseen`: frames on it, when it has looked at none of them. */
  #emptyRing(port: number, descriptor: number, unseen: number): void {
    const ring = this.#counters();
    let fruitless = 0;
    this.#rests.delete(port);
    while (ring.unsentXdp(port) !== 0) {
      const number = send(descriptor, 0, 0, MSG_DONTWAIT) < 0 ? errno() : 0;
      if (isDeviceFailure(number)) {
        if (unseen > 0) {
          ring.withdrawXdp(port, unseen);
          ring.countRefused(port, unseen, false);
        }
        this.#failed(port, number);
        return;
      }
      unseen = 0;
      fruitless = ring.countTakenXdp(port, number === EBUSY) !== 0 ? 0 : fruitless + 1;
      if (fruitless === FRUITLESS_CALLS) {
        this.#rests.add(port);
        return;
      }
    }
  }

  /** Whether `sendRests` has something to send. */
  get hasRests(): boolean {
    return this.#rests.size > 0;
  }

  /** Tries again where the kernel had no room; how many ports that were. */
  sendRests(): number {
    const ports = [...this.#rests];
    for (const port of ports) {
      const record = (PORTS_BASE + port * PORT_SIZE) >> 2;
      const isThere = this.#words[record + STATE] === PORT_STATE_UP && this.#words[record + KIND] === PORT_KIND_XDP;
      if (isThere) this.#emptyRing(port, this.#words[record + DESCRIPTOR]!, 0);
      else this.#rests.delete(port);
    }
    return ports.length;
  }

  /** Counts what the last failed call refused; how many messages to skip: one, or all when no other can do better. */
  #skip(port: number, left: number): number {
    const number = errno();
    if (number === EINTR) return 0;
    const skipped = isHopeless(number) ? left : 1;
    this.#refused(port, skipped, number);
    return skipped;
  }

  #refused(port: number, count: number, number: number): void {
    this.#counters().countRefused(port, count, number === EAGAIN || number === ENOBUFS);
    this.#failed(port, number);
  }

  #failed(port: number, number: number): void {
    if (isDeviceFailure(number)) this.#onFailure(port, number);
  }

  #prepareReceiveMessages(view: DataView): void {
    for (let i = 0; i < RECEIVE_BUFFERS; i++) {
      const message = RECEIVE_MESSAGES + i * MESSAGE_SIZE;
      const vector = RECEIVE_VECTORS + i * VECTOR_SIZE;
      view.setBigUint64(message + MESSAGE_VECTORS, BigInt(this.#base + vector), true);
      view.setBigUint64(message + MESSAGE_VECTOR_COUNT, 1n, true);
      view.setBigUint64(vector, BigInt(this.#base + fillOf(i)), true);
      view.setBigUint64(vector + 8, BigInt(FILL_SIZE), true);
    }
  }
}

/** Indices of a port record's 32-bit words. */
const STATE = PORT_STATE >> 2;
const KIND = PORT_KIND >> 2;
const DESCRIPTOR = PORT_FD >> 2;
