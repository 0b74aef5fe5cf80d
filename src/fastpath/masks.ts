/**
 * Mask records: which 16-byte blocks of the key a megaflow table looks at, each mask once.
 *
 * Invariants: a record is filled in before a flow that uses it is sent to the worker, and given to another mask only after
 *   the worker has unlinked the last one. The worker's fields are zero whenever no flow is linked.
 */
import { KEY_BLOCKS } from "../../assembly/layout/key.ts";
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
import { WordView } from "./word-view.ts";

export interface Mask {
  readonly address: number;
  /** Numbers of the blocks listed, ascending: the first MASK_WHOLE_BLOCKS, and the others that are not zero. */
  readonly blocks: Uint8Array;
  /** Their 32-bit words, four for each block. */
  readonly words: Uint32Array;
  /** All of its 32-bit words. */
  readonly all: Uint32Array;
  readonly hash: number;
  users: number;
}

export class MaskTable {
  readonly #view: DataView;
  readonly #byHash = new Map<number, Mask[]>();
  /** By MASK_INDEX. */
  readonly #byIndex: (Mask | undefined)[] = [];
  readonly #free: number[] = [];
  #size = 0;
  readonly #words = new WordView();

  constructor(memory: WebAssembly.Memory) {
    this.#view = new DataView(memory.buffer);
  }

  get size(): number {
    return this.#size;
  }

  at(address: number): Mask {
    return this.#byIndex[indexOf(address)]!;
  }

  /** The record of a mask of KEY_SIZE bytes, with one user more. */
  acquire(bytes: Uint8Array): Mask {
    const all = this.#words.of(bytes);
    const hash = hashOf(all);
    const known = this.#byHash.get(hash);
    let mask = known?.find((candidate) => isSame(candidate.all, all));
    if (mask === undefined) {
      mask = this.#create(all.slice(), hash);
      if (known === undefined) this.#byHash.set(hash, [mask]);
      else known.push(mask);
    }
    mask.users++;
    return mask;
  }

  /** One user less. */
  release(mask: Mask): void {
    if (--mask.users > 0) return;
    const rest = this.#byHash.get(mask.hash)!.filter((other) => other !== mask);
    if (rest.length > 0) this.#byHash.set(mask.hash, rest);
    else this.#byHash.delete(mask.hash);
    this.#byIndex[indexOf(mask.address)] = undefined;
    this.#free.push(mask.address);
    this.#size--;
  }

  #create(all: Uint32Array, hash: number): Mask {
    const address = this.#free.pop() ?? this.#extend();
    const view = this.#view;
    const blocks: number[] = [];
    const words: number[] = [];
    let hashed = 0;
    for (let block = 0; block < KEY_BLOCKS; block++) {
      const own = all.subarray(block * 4, block * 4 + 4);
      const isZero = own.every((word) => word === 0);
      if (isZero && block >= MASK_WHOLE_BLOCKS) continue;
      if (!isZero) view.setUint8(address + MASK_HASHED + hashed++, blocks.length);
      view.setUint8(address + MASK_BLOCK_INDEX + blocks.length, block);
      const at = address + MASK_BLOCKS + blocks.length * 16;
      own.forEach((word, i) => {
        view.setUint32(at + i * 4, word, true);
      });
      blocks.push(block);
      words.push(...own);
    }
    const last = blocks[blocks.length - 1]!;
    view.setUint32(address + MASK_HASHED_COUNT, hashed, true);
    view.setUint32(address + MASK_BLOCK_COUNT, blocks.length, true);
    view.setUint32(address + MASK_EXTENT, (last + 1) * 16, true);
    view.setUint32(address + MASK_INDEX, indexOf(address), true);
    const mask = { address, blocks: Uint8Array.from(blocks), words: Uint32Array.from(words), all, hash, users: 0 };
    this.#byIndex[indexOf(address)] = mask;
    this.#size++;
    return mask;
  }

  #extend(): number {
    const next = this.#byIndex.length;
    if (next === MAX_MASKS) throw new DatapathFullError(`all ${MAX_MASKS} masks are in use`);
    this.#byIndex.push(undefined);
    return MASKS_BASE + next * MASK_SIZE;
  }
}

const indexOf = (address: number): number => (address - MASKS_BASE) / MASK_SIZE;

/** 30 bits, which the engine keeps unboxed as a map's key. */
function hashOf(words: Uint32Array): number {
  let hash = 0;
  for (let i = 0; i < words.length; i++) {
    hash = Math.imul(hash ^ words[i], 0x9e37_79b1);
    hash ^= hash >>> 15;
  }
  return hash & 0x3fff_ffff;
}

function isSame(a: Uint32Array, b: Uint32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
