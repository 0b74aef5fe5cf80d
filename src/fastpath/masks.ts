/**
 * Mask records: which 16-byte blocks of the key a megaflow table looks at, each mask once.
 *
 * Invariants: a record is filled in before a flow that uses it is sent to the worker, and given to another mask only after
 *   the worker has unlinked the last one. The worker's fields are zero whenever no flow is linked.
 */
import { KEY_BLOCKS, KEY_SIZE } from "../../assembly/layout/key.ts";
import { MAX_MASKS } from "../../assembly/layout/limits.ts";
import {
  MASK_BLOCK_COUNT,
  MASK_BLOCK_INDEX,
  MASK_BLOCKS,
  MASK_EXTENT,
  MASK_HASHED,
  MASK_HASHED_COUNT,
  MASK_INDEX,
  MASK_SIZE,
  MASK_WHOLE_BLOCKS,
} from "../../assembly/layout/mask.ts";
import { MASKS_BASE } from "../../assembly/memory.ts";
import { DatapathFullError } from "./datapath.ts";

export interface Mask {
  readonly address: number;
  /** Numbers of the blocks listed, ascending: the first MASK_WHOLE_BLOCKS, and the others that are not zero. */
  readonly blocks: readonly number[];
  /** Their words, two for each block. */
  readonly words: readonly bigint[];
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
    const blocks: number[] = [];
    const words: bigint[] = [];
    let hashed = 0;
    for (let block = 0; block < KEY_BLOCKS; block++) {
      const low = source.getBigUint64(block * 16, true);
      const high = source.getBigUint64(block * 16 + 8, true);
      const isZero = low === 0n && high === 0n;
      if (isZero && block >= MASK_WHOLE_BLOCKS) continue;
      if (!isZero) this.#view.setUint8(address + MASK_HASHED + hashed++, blocks.length);
      const at = address + MASK_BLOCKS + blocks.length * 16;
      this.#view.setUint8(address + MASK_BLOCK_INDEX + blocks.length, block);
      this.#view.setBigUint64(at, low, true);
      this.#view.setBigUint64(at + 8, high, true);
      blocks.push(block);
      words.push(low, high);
    }
    const last = blocks[blocks.length - 1]!;
    this.#view.setUint32(address + MASK_HASHED_COUNT, hashed, true);
    this.#view.setUint32(address + MASK_BLOCK_COUNT, blocks.length, true);
    this.#view.setUint32(address + MASK_EXTENT, (last + 1) * 16, true);
    this.#view.setUint32(address + MASK_INDEX, (address - MASKS_BASE) / MASK_SIZE, true);
    return { address, blocks, words, identity, users: 0 };
  }

  #extend(): number {
    if (this.#next === MAX_MASKS) throw new DatapathFullError(`all ${MAX_MASKS} masks are in use`);
    return MASKS_BASE + this.#next++ * MASK_SIZE;
  }
}
