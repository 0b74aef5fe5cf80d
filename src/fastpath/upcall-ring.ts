/**
 * The main thread's end of the upcall ring: what waits there, port by port in turn.
 *
 * What: records are sorted into one queue for each port, where they lie, and taken from the queues in turn: a port that floods
 *   waits for itself, and whoever has one upcall waits for one of each of the others.
 * Invariants: as in assembly/rings.ts. Upcalls of one port keep their order. A record that was read becomes a RECORD_SKIP,
 *   and the tail moves over those: the ring is given back in the order of writing, whatever the order of reading.
 *   An `Upcall` is a view of its record, which is given back when the next one is asked for; its key is a copy, which the
 *   next one's takes the place of.
 */
import { KEY_SIZE } from "../../assembly/layout/key.ts";
import { MAX_PORTS } from "../../assembly/layout/limits.ts";
import { VNET_HEADER_SIZE } from "../../assembly/layout/packet.ts";
import {
  RECORD_SIZE,
  RECORD_SKIP,
  RECORD_TYPE,
  RING_DATA,
  RING_HEAD,
  RING_LOST,
  RING_TAIL,
} from "../../assembly/layout/ring.ts";
import {
  UPCALL_ACTION,
  UPCALL_ARGUMENT,
  UPCALL_BUCKET,
  UPCALL_CONNECTION,
  UPCALL_COOKIE,
  UPCALL_DEPTH,
  UPCALL_FRAME,
  UPCALL_IN_PORT,
  UPCALL_KEY,
  UPCALL_LENGTH,
  UPCALL_MISS,
  UPCALL_REASON,
  UPCALL_RSS_HASH,
  UPCALL_VNET,
} from "../../assembly/layout/upcall.ts";
import { SHARE_ANSWERED, SHARE_SIZE } from "../../assembly/layout/upcall-share.ts";
import { UPCALL_RING_BASE, UPCALL_RING_BYTES, UPCALL_SHARES_BASE } from "../../assembly/memory.ts";
import type { Upcall } from "./datapath.ts";

const HEAD = (UPCALL_RING_BASE + RING_HEAD) >> 2;
const TAIL = (UPCALL_RING_BASE + RING_TAIL) >> 2;
const LOST = (UPCALL_RING_BASE + RING_LOST) >> 2;
const DATA = UPCALL_RING_BASE + RING_DATA;

const KEY_WORDS32 = KEY_SIZE / 4;

/** Records of one port that wait, the next of them at `next`. */
interface PortQueue {
  readonly port: number;
  readonly records: number[];
  next: number;
}

export class UpcallRing {
  readonly #words: Int32Array;
  /** The key of the upcall that was read last: JavaScript's own memory is quicker to work on than shared memory. */
  readonly #key = new Uint8Array(KEY_SIZE);
  readonly #keyWords = new Int32Array(this.#key.buffer);
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #queues = new Map<number, PortQueue>();
  /** The queues that are not empty, and whose turn it is. */
  readonly #turns: PortQueue[] = [];
  #turn = 0;
  /** Up to where records are in queues. */
  #sorted: number;

  constructor(memory: WebAssembly.Memory) {
    this.#words = new Int32Array(memory.buffer);
    this.#bytes = new Uint8Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
    this.#sorted = Atomics.load(this.#words, TAIL);
  }

  get isEmpty(): boolean {
    return Atomics.load(this.#words, HEAD) === Atomics.load(this.#words, TAIL);
  }

  /** Upcalls refused so far because the ring was full. */
  get lost(): number {
    return Atomics.load(this.#words, LOST) >>> 0;
  }

  /** Up to `limit` upcalls; what comes in meanwhile takes its turn. */
  *read(limit: number): Generator<Upcall> {
    for (let i = 0; i < limit; i++) {
      const record = this.#take();
      if (record === 0) return;
      try {
        yield this.#upcall(record);
      } finally {
        this.#giveBack(record);
      }
    }
  }

  /** The next record, 0 = none. */
  #take(): number {
    this.#sort();
    const turns = this.#turns;
    if (turns.length === 0) return 0;
    if (this.#turn >= turns.length) this.#turn = 0;
    const queue = turns[this.#turn];
    const record = queue.records[queue.next++];
    if (queue.next < queue.records.length) {
      this.#turn++;
    } else {
      queue.records.length = 0;
      queue.next = 0;
      turns.splice(this.#turn, 1);
    }
    return record;
  }

  /** Puts the records that were written since the last time into their ports' queues. */
  #sort(): void {
    const head = Atomics.load(this.#words, HEAD);
    while (this.#sorted !== head) {
      const record = DATA + (this.#sorted & (UPCALL_RING_BYTES - 1));
      this.#sorted = (this.#sorted + this.#view.getUint32(record + RECORD_SIZE, true)) | 0;
      if (this.#view.getUint32(record + RECORD_TYPE, true) === RECORD_SKIP) continue;
      const queue = this.#queueOf(Math.min(this.#view.getUint32(record + UPCALL_IN_PORT, true), MAX_PORTS));
      if (queue.records.length === 0) this.#turns.push(queue);
      queue.records.push(record);
    }
  }

  #queueOf(port: number): PortQueue {
    let queue = this.#queues.get(port);
    if (queue === undefined) {
      queue = { port, records: [], next: 0 };
      this.#queues.set(port, queue);
    }
    return queue;
  }

  #giveBack(record: number): void {
    const view = this.#view;
    const port = Math.min(view.getUint32(record + UPCALL_IN_PORT, true), MAX_PORTS);
    const answered = (UPCALL_SHARES_BASE + port * SHARE_SIZE + SHARE_ANSWERED) >> 2;
    Atomics.add(this.#words, answered, view.getUint32(record + RECORD_SIZE, true));
    view.setUint32(record + RECORD_TYPE, RECORD_SKIP, true);
    let tail = Atomics.load(this.#words, TAIL);
    while (tail !== this.#sorted) {
      const first = DATA + (tail & (UPCALL_RING_BYTES - 1));
      if (view.getUint32(first + RECORD_TYPE, true) !== RECORD_SKIP) break;
      tail = (tail + view.getUint32(first + RECORD_SIZE, true)) | 0;
    }
    Atomics.store(this.#words, TAIL, tail);
  }

  #upcall(record: number): Upcall {
    const words = this.#words;
    const from = (record + UPCALL_KEY) >> 2;
    for (let i = 0; i < KEY_WORDS32; i++) this.#keyWords[i] = words[from + i];
    return new RingUpcall(words, this.#bytes, record, this.#key);
  }
}

/** A record of the ring. What few ask for is looked at when they ask. */
export class RingUpcall implements Upcall {
  readonly reason: Upcall["reason"];
  readonly inPort: number;
  readonly argument: number;
  readonly depth: number;
  readonly length: number;
  readonly rssHash: number;
  readonly connection: number;
  readonly bucket: number;
  readonly key: Uint8Array;
  /** Of the record in linear memory. */
  readonly address: number;
  readonly #bytes: Uint8Array;
  #frame: Uint8Array | undefined;

  constructor(words: Int32Array, bytes: Uint8Array, address: number, key: Uint8Array) {
    const reason = words[(address + UPCALL_REASON) >> 2];
    this.reason = reason === UPCALL_MISS ? "miss" : reason === UPCALL_ACTION ? "action" : "slow_path";
    this.inPort = words[(address + UPCALL_IN_PORT) >> 2] >>> 0;
    this.argument = words[(address + UPCALL_ARGUMENT) >> 2] >>> 0;
    this.depth = words[(address + UPCALL_DEPTH) >> 2];
    this.length = words[(address + UPCALL_LENGTH) >> 2];
    this.rssHash = words[(address + UPCALL_RSS_HASH) >> 2] >>> 0;
    this.connection = words[(address + UPCALL_CONNECTION) >> 2] >>> 0;
    this.bucket = words[(address + UPCALL_BUCKET) >> 2] >>> 0;
    this.key = key;
    this.address = address;
    this.#bytes = bytes;
  }

  get cookie(): bigint {
    return new DataView(this.#bytes.buffer).getBigUint64(this.address + UPCALL_COOKIE, true);
  }

  get frame(): Uint8Array {
    const at = this.address + UPCALL_FRAME;
    this.#frame ??= this.#bytes.subarray(at, at + this.length);
    return this.#frame;
  }

  get vnet(): Uint8Array {
    const at = this.address + UPCALL_VNET;
    return this.#bytes.subarray(at, at + VNET_HEADER_SIZE);
  }
}
