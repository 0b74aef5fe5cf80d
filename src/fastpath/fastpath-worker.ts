/**
 * A worker thread as the main thread handles it: starting, waking, waiting for it, stopping.
 *
 * Invariants: words in the control block carry what both sides look at often; messages carry what is rare. A thread that
 *   has died passes every quiescent point at once, so that nobody waits for it.
 */
import { Worker } from "node:worker_threads";
import {
  CONTROL_HOST_BASE,
  CONTROL_MAILBOX,
  CONTROL_QUIESCENT,
  CONTROL_STOP,
  CONTROL_WORKER_STATE,
  WORKER_SLEEPING,
} from "../../assembly/layout/control.ts";
import { CONTROL_BASE } from "../../assembly/memory.ts";
import { hostBase } from "../kernel/host-memory.ts";
import { Bell, Readiness } from "../kernel/readiness.ts";
import { TAG_BELL, type WorkerMessage, type WorkerStart } from "./worker-messages.ts";

const STATE = (CONTROL_BASE + CONTROL_WORKER_STATE) >> 2;
const MAILBOX = (CONTROL_BASE + CONTROL_MAILBOX) >> 2;
const QUIESCENT = (CONTROL_BASE + CONTROL_QUIESCENT) >> 2;
const STOP = (CONTROL_BASE + CONTROL_STOP) >> 2;

interface Waiter {
  /** CONTROL_QUIESCENT when the wait began. */
  readonly seen: number;
  readonly resolve: () => void;
}

export class FastpathWorker {
  /** The epoll set that the thread waits on. */
  readonly readiness: Readiness;
  readonly #words: Int32Array;
  readonly #bell = new Bell();
  readonly #thread: Worker;
  readonly #exited: Promise<void>;
  readonly #waiters: Waiter[] = [];
  #alive = true;

  /** `onMessage` gets what the thread says but "passed"; `onDeath` an error that ended it. */
  constructor(
    memory: WebAssembly.Memory,
    module: WebAssembly.Module,
    onMessage: (message: WorkerMessage) => void,
    onDeath: (error: Error) => void,
  ) {
    this.readiness = new Readiness(1);
    this.readiness.add(this.#bell.descriptor, TAG_BELL);
    this.#words = new Int32Array(memory.buffer);
    new DataView(memory.buffer).setBigUint64(CONTROL_BASE + CONTROL_HOST_BASE, BigInt(hostBase(memory)), true);
    const start: WorkerStart = {
      module,
      memory,
      readiness: this.readiness.descriptor,
      bell: this.#bell.descriptor,
    };
    this.#thread = new Worker(new URL("./worker-thread.ts", import.meta.url), { workerData: start, name: "fastpath" });
    this.#thread.on("message", (message: WorkerMessage) => {
      if (message.type === "passed") this.#release();
      else onMessage(message);
    });
    this.#thread.on("error", (error: Error) => onDeath(error));
    this.#exited = new Promise((resolve) => {
      this.#thread.on("exit", () => {
        this.#alive = false;
        this.#release();
        resolve();
      });
    });
  }

  /** Makes the thread look at its command ring and mailbox; a single load when it is awake. */
  readonly wake = (): void => {
    if (Atomics.load(this.#words, STATE) === WORKER_SLEEPING) this.#bell.ring();
  };

  /** Resolves when the batch that is under way now, if any, has left the machine. */
  passed(): Promise<void> {
    if (!this.#alive) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.push({ seen: Atomics.load(this.#words, QUIESCENT), resolve });
      this.#askToPass();
    });
  }

  async stop(): Promise<void> {
    Atomics.store(this.#words, STOP, 1);
    if (this.#alive) this.#bell.ring();
    await this.#exited;
    this.readiness.close();
    this.#bell.close();
  }

  #askToPass(): void {
    Atomics.store(this.#words, MAILBOX, 1);
    this.wake();
  }

  /** The thread has passed a quiescent point: those who wait for a later one go on waiting. */
  #release(): void {
    const now = Atomics.load(this.#words, QUIESCENT);
    const waiting = this.#waiters.splice(0);
    for (const waiter of waiting) {
      if (this.#alive && waiter.seen === now) this.#waiters.push(waiter);
      else waiter.resolve();
    }
    if (this.#waiters.length > 0) this.#askToPass();
  }
}
