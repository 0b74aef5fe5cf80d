/**
 * The main thread's end of the command ring.
 *
 * Invariants: as in assembly/rings.ts. Sequence numbers are u32 and wrap; 0 is never used, so that "nothing done yet" is
 *   before every command.
 */
import { COMMAND_ARGS, COMMAND_SEQUENCE, COMMAND_TYPE } from "../../assembly/layout/command.ts";
import { CONTROL_COMMAND_DONE, CONTROL_WORKER_STATE, WORKER_STOPPED } from "../../assembly/layout/control.ts";
import { RECORD_SIZE, RECORD_SKIP, RECORD_TYPE, RING_DATA, RING_HEAD, RING_TAIL } from "../../assembly/layout/ring.ts";
import { COMMAND_RING_BASE, COMMAND_RING_BYTES, CONTROL_BASE } from "../../assembly/memory.ts";
import { DatapathFullError } from "./datapath.ts";

const HEAD = (COMMAND_RING_BASE + RING_HEAD) >> 2;
const TAIL = (COMMAND_RING_BASE + RING_TAIL) >> 2;
const STATE = (CONTROL_BASE + CONTROL_WORKER_STATE) >> 2;
const DONE = (CONTROL_BASE + CONTROL_COMMAND_DONE) >> 2;
const DATA = COMMAND_RING_BASE + RING_DATA;
/** How often a full ring is looked at again before the worker is given up, and how long each look waits (ms). */
const ROOM_ATTEMPTS = 500;
const ROOM_WAIT_MS = 10;

export class CommandRing {
  readonly #words: Int32Array;
  readonly #view: DataView;
  readonly #wake: () => void;
  #sequence = 0;

  /** `wake` makes the worker look at the ring, or, without a worker, applies what is in it. */
  constructor(memory: WebAssembly.Memory, wake: () => void) {
    this.#words = new Int32Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
    this.#wake = wake;
  }

  /** Sequence number of the last command written. */
  get last(): number {
    return this.#sequence;
  }

  /**
   * Writes a command of `size` bytes; `fill` gets the address of the record and leaves its header alone.
   * @returns the command's sequence number
   */
  send(type: number, size: number, fill: (view: DataView, record: number) => void): number {
    const record = this.begin(type, size);
    fill(this.#view, record);
    return this.end(size);
  }

  /** Writes a command of two words. */
  sendWords(type: number, first: number, second: number): number {
    const arguments_ = this.begin(type, COMMAND_ARGS + 8) + COMMAND_ARGS;
    this.#words[arguments_ >> 2] = first;
    this.#words[(arguments_ + 4) >> 2] = second;
    return this.end(COMMAND_ARGS + 8);
  }

  /** Room for a command of `size` bytes, its header written; what `send` does before `fill`. @returns its address */
  begin(type: number, size: number): number {
    const bytes = (size + 7) & ~7;
    const record = this.#reserve(bytes);
    this.#sequence = (this.#sequence + 1) >>> 0 || 1;
    const words = this.#words;
    words[(record + RECORD_SIZE) >> 2] = bytes;
    words[(record + COMMAND_TYPE) >> 2] = type;
    words[(record + COMMAND_SEQUENCE) >> 2] = this.#sequence;
    return record;
  }

  /** Publishes the command of `size` bytes that was begun. @returns its sequence number */
  end(size: number): number {
    Atomics.add(this.#words, HEAD, (size + 7) & ~7);
    this.#wake();
    return this.#sequence;
  }

  /** Bytes of commands that the ring can take at once. */
  get capacity(): number {
    return COMMAND_RING_BYTES;
  }

  /** Bytes of it that are not in use now. */
  get free(): number {
    return COMMAND_RING_BYTES - ((Atomics.load(this.#words, HEAD) - Atomics.load(this.#words, TAIL)) >>> 0);
  }

  /** Whether the worker has applied the command. */
  isDone(sequence: number): boolean {
    return ((sequence - Atomics.load(this.#words, DONE)) | 0) <= 0;
  }

  /** Resolves when the worker has applied the command. */
  async done(sequence: number): Promise<void> {
    while (!this.isDone(sequence)) {
      this.#wake();
      const seen = Atomics.load(this.#words, DONE);
      if (this.isDone(sequence)) return;
      this.#checkWorker();
      const change = Atomics.waitAsync(this.#words, DONE, seen, 1000);
      if (change.async) await change.value;
    }
  }

  #checkWorker(): void {
    if (Atomics.load(this.#words, STATE) === WORKER_STOPPED) throw new Error("the fast path has stopped");
  }

  #reserve(bytes: number): number {
    if (bytes > COMMAND_RING_BYTES / 2) throw new DatapathFullError(`a command of ${bytes} bytes is too long`);
    for (let attempt = 0; attempt < ROOM_ATTEMPTS; attempt++) {
      const head = Atomics.load(this.#words, HEAD);
      const tail = Atomics.load(this.#words, TAIL);
      const used = (head - tail) >>> 0;
      const position = head & (COMMAND_RING_BYTES - 1);
      const toEnd = COMMAND_RING_BYTES - position;
      const skipped = bytes > toEnd ? toEnd : 0;
      if (used + skipped + bytes <= COMMAND_RING_BYTES) {
        if (skipped === 0) return DATA + position;
        this.#view.setUint32(DATA + position + RECORD_SIZE, skipped, true);
        this.#view.setUint32(DATA + position + RECORD_TYPE, RECORD_SKIP, true);
        Atomics.add(this.#words, HEAD, skipped);
        return DATA;
      }
      this.#wake();
      this.#checkWorker();
      Atomics.wait(this.#words, TAIL, tail, ROOM_WAIT_MS);
    }
    throw new DatapathFullError("the fast path takes no commands: its worker has stopped or hangs");
  }
}
