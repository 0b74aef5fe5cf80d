/**
 * io_uring(7): many reads and writes in one system call, results in memory.
 *
 * What: a ring in pages that the caller owns (IORING_SETUP_NO_MMAP, Linux 6.5): the kernel refuses to have its own pages mapped where
 *   linear memory is. Operations are prepared by number and run together; none of them waits.
 * Invariants: after `run` nothing is under way: RWF_NOWAIT has the kernel end what would block with EAGAIN, where O_NONBLOCK alone has it
 *   wait for the descriptor by itself (EOPNOTSUPP from what knows no RWF_NOWAIT). Only the thread that opened the ring runs it.
 * Cost: some 60 % of a system call each, where one costs 1 µs (virtual machine, 2026); nothing is saved for one operation alone.
 */
import { EAGAIN, EINTR } from "./errno.ts";
import { hostBase, PAGE_SIZE } from "./host-memory.ts";
import { close, errno, ioUringEnter, ioUringSetup } from "./system-calls.ts";

/** Operations of one `run` at most. */
export const OPERATIONS = 64;
/** Bytes that a ring takes, from a page's first on: submission entries, then the rings, then what `io_uring_setup` reads and writes. */
export const IO_URING_SIZE = 3 * PAGE_SIZE;

const SETUP_SUBMIT_ALL = 1 << 7;
const SETUP_SINGLE_ISSUER = 1 << 12;
const SETUP_NO_MMAP = 1 << 14;
const ENTER_GETEVENTS = 1;
const RWF_NOWAIT = 8;
const OP_WRITEV = 2;
const OP_READ = 22;

/** struct io_uring_params: indices of 32-bit words; offsets that the kernel answers are bytes in the ring's page. */
const PARAMS = {
  flags: 2,
  sq: { head: 10, tail: 11, array: 16, address: 18 },
  cq: { head: 20, tail: 21, mask: 22, entries: 25, address: 28 },
};
/** struct io_uring_sqe, struct io_uring_cqe: 32-bit words. */
const SQE = { words: 16, opcode: 0, descriptor: 1, offset: 2, address: 4, length: 6, flags: 7, user: 8 };
const CQE = { words: 4, user: 0, result: 2 };
const HIGH = 2 ** 32;

export class IoUring {
  readonly #descriptor: number;
  readonly #words: Int32Array;
  readonly #entries: number;
  readonly #sqHead: number;
  readonly #sqTail: number;
  readonly #cqHead: number;
  readonly #cqTail: number;
  readonly #cqes: number;
  readonly #cqMask: number;
  readonly #results = new Int32Array(OPERATIONS);

  /** A ring in IO_URING_SIZE bytes of linear memory at `offset`; undefined where the kernel has none for us: too old, or forbidden. */
  static open(memory: WebAssembly.Memory, offset: number): IoUring | undefined {
    const words = new Int32Array(memory.buffer);
    words.fill(0, offset >> 2, (offset + IO_URING_SIZE) >> 2);
    const host = hostBase(memory) + offset;
    const params = (offset + 2 * PAGE_SIZE) >> 2;
    words[params + PARAMS.flags] = SETUP_SUBMIT_ALL | SETUP_SINGLE_ISSUER | SETUP_NO_MMAP;
    writeAddress(words, params + PARAMS.sq.address, host);
    writeAddress(words, params + PARAMS.cq.address, host + PAGE_SIZE);
    const descriptor = ioUringSetup(OPERATIONS, host + 2 * PAGE_SIZE);
    return descriptor < 0 ? undefined : new IoUring(descriptor, words, offset);
  }

  private constructor(descriptor: number, words: Int32Array, offset: number) {
    this.#descriptor = descriptor;
    this.#words = words;
    this.#entries = offset >> 2;
    const params = (offset + 2 * PAGE_SIZE) >> 2;
    const at = (field: number): number => (offset + PAGE_SIZE + words[params + field]!) >> 2;
    this.#sqHead = at(PARAMS.sq.head);
    this.#sqTail = at(PARAMS.sq.tail);
    this.#cqHead = at(PARAMS.cq.head);
    this.#cqTail = at(PARAMS.cq.tail);
    this.#cqes = at(PARAMS.cq.entries);
    this.#cqMask = words[at(PARAMS.cq.mask)]!;
    const array = at(PARAMS.sq.array);
    for (let i = 0; i < OPERATIONS; i++) words[array + i] = i;
  }

  /** Operation `number` of the next run: reads up to `size` bytes to a host address. */
  read(number: number, descriptor: number, address: number, size: number): void {
    this.#prepare(number, OP_READ, descriptor, address, size);
  }

  /** Operation `number` of the next run: writes `count` struct iovec at a host address. */
  writev(number: number, descriptor: number, vectors: number, count: number): void {
    this.#prepare(number, OP_WRITEV, descriptor, vectors, count);
  }

  /** Runs operations 0 … `count` - 1, one after the other; when it returns all have ended. */
  run(count: number): void {
    const words = this.#words;
    Atomics.store(words, this.#sqTail, (words[this.#sqTail]! + count) | 0);
    let submitted = 0;
    let ended = 0;
    let waiting = 0;
    while (ended < count) {
      const taken = ioUringEnter(this.#descriptor, count - submitted, waiting, waiting === 0 ? 0 : ENTER_GETEVENTS);
      if (taken > 0) submitted += taken;
      ended += this.#takeResults();
      const number = taken < 0 ? errno() : 0;
      // The kernel takes no more and none is under way: what is left is refused.
      if (taken <= 0 && number !== EINTR && submitted === ended) {
        ended += this.#withdraw(submitted, count, number || EAGAIN);
      }
      waiting = submitted - ended;
    }
  }

  /** What operation `number` of the last run came to: bytes, or -errno. */
  result(number: number): number {
    return this.#results[number]!;
  }

  close(): void {
    close(this.#descriptor);
  }

  #prepare(number: number, opcode: number, descriptor: number, address: number, length: number): void {
    const words = this.#words;
    const slot = (words[this.#sqTail]! + number) & (OPERATIONS - 1);
    const entry = this.#entries + slot * SQE.words;
    words[entry + SQE.opcode] = opcode;
    words[entry + SQE.descriptor] = descriptor;
    words[entry + SQE.offset] = -1; // where the file stands
    words[entry + SQE.offset + 1] = -1;
    writeAddress(words, entry + SQE.address, address);
    words[entry + SQE.length] = length;
    words[entry + SQE.flags] = RWF_NOWAIT;
    words[entry + SQE.user] = number;
  }

  /** Results that have come; how many. */
  #takeResults(): number {
    const words = this.#words;
    const head = words[this.#cqHead]!;
    const tail = Atomics.load(words, this.#cqTail);
    for (let i = head; i !== tail; i = (i + 1) | 0) {
      const entry = this.#cqes + (i & this.#cqMask) * CQE.words;
      this.#results[words[entry + CQE.user]!] = words[entry + CQE.result]!;
    }
    Atomics.store(words, this.#cqHead, tail);
    return (tail - head) | 0;
  }

  #withdraw(from: number, count: number, number: number): number {
    this.#results.fill(-number, from, count);
    Atomics.store(this.#words, this.#sqTail, Atomics.load(this.#words, this.#sqHead));
    return count - from;
  }
}

function writeAddress(words: Int32Array, index: number, address: number): void {
  words[index] = (address % HIGH) | 0;
  words[index + 1] = Math.floor(address / HIGH);
}
