/**
 * The main thread's end of the upcall ring.
 *
 * Invariants: as in assembly/rings.ts. An `Upcall` is a view of its record, which is given back when the next one is asked for.
 */
import { KEY_SIZE } from "../../assembly/layout/key.ts";
import { VNET_HEADER_SIZE } from "../../assembly/layout/packet.ts";
import { RECORD_SIZE, RECORD_SKIP, RING_DATA, RING_HEAD, RING_LOST, RING_TAIL } from "../../assembly/layout/ring.ts";
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
import { UPCALL_RING_BASE, UPCALL_RING_BYTES } from "../../assembly/memory.ts";
import type { Upcall } from "./datapath.ts";

const HEAD = (UPCALL_RING_BASE + RING_HEAD) >> 2;
const TAIL = (UPCALL_RING_BASE + RING_TAIL) >> 2;
const LOST = (UPCALL_RING_BASE + RING_LOST) >> 2;
const DATA = UPCALL_RING_BASE + RING_DATA;

export class UpcallRing {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(memory: WebAssembly.Memory) {
    this.#words = new Int32Array(memory.buffer);
    this.#bytes = new Uint8Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
  }

  get isEmpty(): boolean {
    return Atomics.load(this.#words, HEAD) === Atomics.load(this.#words, TAIL);
  }

  /** Upcalls refused so far because the ring was full. */
  get lost(): number {
    return Atomics.load(this.#words, LOST) >>> 0;
  }

  /** What is in the ring now, in order; what comes in meanwhile is left for the next call. */
  *read(): Generator<Upcall> {
    const head = Atomics.load(this.#words, HEAD);
    let tail = Atomics.load(this.#words, TAIL);
    while (tail !== head) {
      const record = DATA + (tail & (UPCALL_RING_BYTES - 1));
      const size = this.#view.getUint32(record + RECORD_SIZE, true);
      tail = (tail + size) | 0;
      try {
        if (this.#view.getUint32(record + UPCALL_REASON, true) !== RECORD_SKIP) yield this.#upcall(record);
      } finally {
        Atomics.store(this.#words, TAIL, tail);
      }
    }
  }

  #upcall(record: number): Upcall {
    const view = this.#view;
    const bytes = this.#bytes;
    const word = (field: number) => view.getUint32(record + field, true);
    const reason = word(UPCALL_REASON);
    const vnet = record + UPCALL_VNET;
    const key = record + UPCALL_KEY;
    const frame = record + UPCALL_FRAME;
    return {
      reason: reason === UPCALL_MISS ? "miss" : reason === UPCALL_ACTION ? "action" : "slow_path",
      inPort: word(UPCALL_IN_PORT),
      argument: word(UPCALL_ARGUMENT),
      cookie: view.getBigUint64(record + UPCALL_COOKIE, true),
      depth: word(UPCALL_DEPTH),
      key: bytes.subarray(key, key + KEY_SIZE),
      frame: bytes.subarray(frame, frame + word(UPCALL_LENGTH)),
      vnet: bytes.subarray(vnet, vnet + VNET_HEADER_SIZE),
      rssHash: word(UPCALL_RSS_HASH),
      connection: word(UPCALL_CONNECTION),
      bucket: word(UPCALL_BUCKET),
    };
  }
}
