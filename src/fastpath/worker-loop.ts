/**
 * The loop of a worker thread: commands, then a batch of every port that has something, then again.
 *
 * What: epoll, or a look at the rings in memory, says which ports are ready; WebAssembly does the rest of a batch, and comes back for system calls only.
 *   Ports and descriptors are the main thread's to make and to remove: they are port records and entries of the epoll set.
 * Invariants: nothing is allocated for a packet. The worker sleeps SLEEP_MS at most, and only after it has announced it
 *   (WORKER_SLEEPING) and looked for commands once more, so that no command waits for the end of a sleep.
 * Cost: a loop without packets ~1 µs, for as long as spin-window.ts says; then it waits in the kernel: well under 1 % of a core.
 *   While it spins it yields, so that whoever has the answer can run on the same core.
 */

import {
  CONTROL_MAILBOX,
  CONTROL_QUIESCENT,
  CONTROL_STOP,
  CONTROL_WORKER_STATE,
  WORKER_RUNNING,
  WORKER_SLEEPING,
} from "../../assembly/layout/control.ts";
import { MAX_PORTS } from "../../assembly/layout/limits.ts";
import {
  PORT_ERROR,
  PORT_FD,
  PORT_KIND,
  PORT_KIND_PACKET,
  PORT_KIND_XDP,
  PORT_SIZE,
  PORT_STATE,
  PORT_STATE_DOWN,
  PORT_STATE_FREE,
  PORT_STATE_UP,
} from "../../assembly/layout/port.ts";
import { RING_HEAD, RING_TAIL } from "../../assembly/layout/ring.ts";
import { COMMAND_RING_BASE, CONTROL_BASE, PORTS_BASE } from "../../assembly/memory.ts";
import { monotonicMicroseconds } from "../kernel/clock.ts";
import { EBADF, EBADFD, ENODEV } from "../kernel/errno.ts";
import { IoUring } from "../kernel/io-uring.ts";
import { takeSocketError } from "../kernel/packet-socket.ts";
import { Bell, FAILED, Readiness } from "../kernel/readiness.ts";
import { yieldProcessor } from "../kernel/system-calls.ts";
import { ActiveRings } from "./active-rings.ts";
import { type DatagramCounters, DatagramExchange } from "./datagram-exchange.ts";
import { FrameExchange, type SendCounters } from "./frame-exchange.ts";
import type { FastpathExports, FastpathHost } from "./module.ts";
import { SpinWindow } from "./spin-window.ts";
import { TAP_RING } from "./tap-exchange.ts";
import { DATAGRAM_TAGS_END, TAG_BELL, TAG_LINKS, type WorkerMessage, type WorkerStart } from "./worker-messages.ts";

/** What the loop calls of assembly/index.ts. */
export type FastPath = SendCounters &
  DatagramCounters &
  Pick<
    FastpathExports,
    "layoutHash" | "initialize" | "applyCommands" | "runRing" | "runXdp" | "runBuffers" | "runDatagrams" | "sweep"
  > & {
    setClock(microseconds: number): void;
  };

const EVENTS = 64;
const COMMAND_BUDGET = 256;
const SWEEP_BUDGET = 64;
const SLEEP_MS = 100;
/** In place of a number of ready descriptors. */
const LOOK_AT_RINGS = -1;

export class WorkerLoop {
  readonly #words: Int32Array;
  readonly #readiness: Readiness;
  readonly #bell: Bell;
  readonly #exchange: FrameExchange;
  readonly #datagrams: DatagramExchange;
  readonly #ring: IoUring | undefined;
  readonly #post: (message: WorkerMessage) => void;
  readonly #window = new SpinWindow();
  readonly #rings = new ActiveRings();
  #fastPath!: FastPath;
  /** When the worker ran out of work (µs); undefined = it has some. */
  #idleSince: number | undefined = 0;

  constructor(start: WorkerStart, post: (message: WorkerMessage) => void) {
    this.#words = new Int32Array(start.memory.buffer);
    this.#readiness = new Readiness(EVENTS, start.readiness);
    this.#bell = new Bell(start.bell);
    this.#post = post;
    this.#datagrams = new DatagramExchange(start.memory, () => this.#fastPath);
    this.#ring = IoUring.open(start.memory, TAP_RING);
    this.#exchange = new FrameExchange(
      start.memory,
      () => this.#fastPath,
      (port, errno) => this.#fail(port, errno),
      this.#datagrams,
      this.#ring,
    );
  }

  /** What the module asks of this thread. */
  get host(): FastpathHost {
    return this.#exchange;
  }

  /** Runs until CONTROL_STOP is set. */
  run(fastPath: FastPath): void {
    this.#fastPath = fastPath;
    const words = this.#words;
    Atomics.store(words, CONTROL_WORKER, WORKER_RUNNING);
    this.#post({ type: "started" });
    let now = monotonicMicroseconds();
    while (Atomics.load(words, STOP) === 0) {
      const ready = this.#wait(now);
      now = monotonicMicroseconds();
      fastPath.setClock(now);
      let work = fastPath.applyCommands(COMMAND_BUDGET);
      if (ready === LOOK_AT_RINGS) for (const port of this.#rings.ports) work += this.#servePort(port, false);
      else for (let i = 0; i < ready; i++) work += this.#serve(this.#readiness.tag(i), this.#readiness.conditions(i));
      if (this.#exchange.hasRests) work += this.#exchange.sendRests();
      fastPath.sweep(SWEEP_BUDGET);
      this.#account(work, now);
      this.#passQuiescentPoint();
    }
    this.#ring?.close();
  }

  #account(work: number, now: number): void {
    if (work === 0) {
      this.#idleSince ??= now;
    } else if (this.#idleSince !== undefined) {
      this.#window.ended(now - this.#idleSince);
      this.#idleSince = undefined;
    }
  }

  /** How many descriptors are ready, or LOOK_AT_RINGS. */
  #wait(now: number): number {
    const isIdle = this.#idleSince !== undefined;
    if (!isIdle || now - this.#idleSince! < this.#window.length) {
      if (this.#rings.takeTurn()) return LOOK_AT_RINGS;
      if (isIdle) yieldProcessor();
      return this.#readiness.wait(0);
    }
    this.#rings.clear();
    const words = this.#words;
    Atomics.store(words, CONTROL_WORKER, WORKER_SLEEPING);
    const mustStay = this.#hasCommands() || Atomics.load(words, MAILBOX) !== 0 || Atomics.load(words, STOP) !== 0;
    const ready = this.#readiness.wait(mustStay ? 0 : SLEEP_MS);
    Atomics.store(words, CONTROL_WORKER, WORKER_RUNNING);
    return ready;
  }

  #hasCommands(): boolean {
    return Atomics.load(this.#words, COMMAND_HEAD) !== Atomics.load(this.#words, COMMAND_TAIL);
  }

  #passQuiescentPoint(): void {
    const words = this.#words;
    Atomics.add(words, QUIESCENT, 1);
    if (Atomics.load(words, MAILBOX) === 0) return;
    Atomics.store(words, MAILBOX, 0);
    this.#post({ type: "passed" });
  }

  /** Handles one ready descriptor; how many packets came. */
  #serve(tag: number, conditions: number): number {
    if (tag < MAX_PORTS) return this.#servePort(tag, (conditions & FAILED) !== 0);
    if (tag < DATAGRAM_TAGS_END) return this.#serveTunnel(tag & 0xffff, (tag >> 16) - 1, (conditions & FAILED) !== 0);
    if (tag === TAG_BELL) this.#bell.silence();
    else if (tag === TAG_LINKS) this.#post({ type: "links" });
    return 0;
  }

  #servePort(port: number, failed: boolean): number {
    const record = (PORTS_BASE + port * PORT_SIZE) >> 2;
    const words = this.#words;
    const state = Atomics.load(words, record + STATE);
    if (state === PORT_STATE_FREE) return 0; // removed since the wait began
    const kind = words[record + KIND];
    let packets = 0;
    if (kind === PORT_KIND_PACKET || kind === PORT_KIND_XDP) {
      if (failed) this.#fail(port, takeSocketError(words[record + DESCRIPTOR]!));
      packets = kind === PORT_KIND_PACKET ? this.#fastPath.runRing(port) : this.#fastPath.runXdp(port);
      if (packets > 0) this.#rings.add(port);
    } else if (failed) {
      this.#fail(port, EBADFD);
    } else {
      const frames = this.#exchange.readFrames(port);
      if (frames > 0) packets = this.#fastPath.runBuffers(port, frames);
    }
    if (packets > 0 && state === PORT_STATE_DOWN) this.#post({ type: "alive", port });
    return packets;
  }

  /** One socket of a tunnel port. What may be wrong with one datagram's way is no reason to give up on the others. */
  #serveTunnel(port: number, receiver: number, failed: boolean): number {
    const record = (PORTS_BASE + port * PORT_SIZE) >> 2;
    if (Atomics.load(this.#words, record + STATE) !== PORT_STATE_UP) return 0;
    if (failed) this.#datagrams.forgetError(port, receiver);
    const count = this.#datagrams.receive(port, receiver);
    return count > 0 ? this.#fastPath.runDatagrams(port, (receiver & 1) !== 0, count) : 0;
  }

  /** Takes a port out of service, once: the main thread finds out more and may put it back. */
  #fail(port: number, errno: number): void {
    if (errno === 0) return;
    const record = (PORTS_BASE + port * PORT_SIZE) >> 2;
    const words = this.#words;
    // A descriptor without a device stays ready for ever.
    if (errno === EBADFD || errno === EBADF || errno === ENODEV) this.#readiness.remove(words[record + DESCRIPTOR]!);
    const before = Atomics.compareExchange(words, record + STATE, PORT_STATE_UP, PORT_STATE_DOWN);
    const known = Atomics.exchange(words, record + ERROR, errno) === errno;
    if (before === PORT_STATE_FREE || (before === PORT_STATE_DOWN && known)) return;
    this.#post({ type: "failed", port, errno });
  }
}

/** Indices of 32-bit words. */
const CONTROL_WORKER = (CONTROL_BASE + CONTROL_WORKER_STATE) >> 2;
const QUIESCENT = (CONTROL_BASE + CONTROL_QUIESCENT) >> 2;
const STOP = (CONTROL_BASE + CONTROL_STOP) >> 2;
const MAILBOX = (CONTROL_BASE + CONTROL_MAILBOX) >> 2;
const COMMAND_HEAD = (COMMAND_RING_BASE + RING_HEAD) >> 2;
const COMMAND_TAIL = (COMMAND_RING_BASE + RING_TAIL) >> 2;
const STATE = PORT_STATE >> 2;
const KIND = PORT_KIND >> 2;
const DESCRIPTOR = PORT_FD >> 2;
const ERROR = PORT_ERROR >> 2;
