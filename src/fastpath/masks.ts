/**
 * Mask records: which words of the key a megaflow table looks at, each mask once.
 *
 * Invariants: a record is filled in before a flow that uses it is sent to the worker, and given to another mask only after
 *   the worker has unlinked the last one. The worker's fields are zero whenever no flow is linked.
 */
import {
  KEY_SIZE,
  KEY_WORDS,
  MASK_EXTENT,
  MASK_INDEX,
  MASK_SIZE,
  MASK_WORD_COUNT,
  MASK_WORD_INDEX,
  MASK_WORDS,
  MAX_MASKS,
} from "../../assembly/layout.ts";
import { MASKS_BASE } from "../../assembly/memory.ts";
import { DatapathFullError } from "./datapath.ts";

export interface Mask {
  readonly address: number;
  /** Numbers of the words that are not zero, ascending. */
  readonly words: readonly number[];
  readonly values: readonly bigint[];
  readonly identity: string;
  users: number;
}

export class MaskTable {
  readonly #view: DataView;
  readonly #masks = new Map<string, Mask>();
  readonly #free: number[] = [];
  #next = 0;

  constructor(memory: WebAssembly.Memory) {
    this.#view = new DataView(memory.buffer);
  }

  get size(): number {
    return this.#masks.size;
  }

  /** The record of a mask of KEY_SIZE bytes, with one user more. */
  acquire(bytes: Uint8Array): Mask {
    const identity = Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, KEY_SIZE).toString("latin1");
    let mask = this.#masks.get(identity);
    if (mask === undefined) {
      mask = this.#create(bytes, identity);
      this.#masks.set(identity, mask);
    }
    mask.users++;
    return mask;
  }

  /** One user less. */
  release(mask: Mask): void {
    if (--mask.users > 0) return;
    this.#masks.delete(mask.identity);
    this.#free.push(mask.address);
  }

  #create(bytes: Uint8Array, identity: string): Mask {
    const address = this.#free.pop() ?? this.#extend();
    const source = new DataView(bytes.buffer, bytes.byteOffset, KEY_SIZE);
    const words: number[] = [];
    const values: bigint[] = [];
    for (let word = 0; word < KEY_WORDS; word++) {
      const value = source.getBigUint64(word * 8, true);
      if (value === 0n) continue;
      this.#view.setUint8(address + MASK_WORD_INDEX + words.length, word);
      this.#view.setBigUint64(address + MASK_WORDS + words.length * 8, value, true);
      words.push(word);
      values.push(value);
    }
    this.#view.setUint32(address + MASK_WORD_COUNT, words.length, true);
    this.#view.setUint32(address + MASK_EXTENT, words.length === 0 ? 0 : (words[words.length - 1] + 1) * 8, true);
    this.#view.setUint32(address + MASK_INDEX, (address - MASKS_BASE) / MASK_SIZE, true);
    return { address, words, values, identity, users: 0 };
  }

  #extend(): number {
    if (this.#next === MAX_MASKS) throw new DatapathFullError(`all ${MAX_MASKS} masks are in use`);
    return MASKS_BASE + this.#next++ * MASK_SIZE;
  }
}
