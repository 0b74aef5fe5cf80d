/** Masks of megaflows, each once: megaflows that look at the same bits share one. */
import { KEY_SIZE } from "../../assembly/layout/key.ts";
import { WordView } from "../fastpath/word-view.ts";

const KEY_WORDS32 = KEY_SIZE / 4;

export interface MaskEntry {
  /** Its number while it has megaflows. */
  readonly index: number;
  readonly hash: number;
  readonly bytes: Uint8Array;
  /** All of its 32-bit words. */
  readonly all: Uint32Array;
  /** Indices of the non-zero 32-bit words, and those words. */
  readonly words: Uint16Array;
  readonly bits: Uint32Array;
  /** How many megaflows have it. */
  flows: number;
}

export class MegaflowMasks {
  readonly #byHash = new Map<number, MaskEntry[]>();
  readonly #byIndex: (MaskEntry | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #words = new WordView();

  get size(): number {
    return this.#byIndex.length - this.#free.length;
  }

  at(index: number): MaskEntry {
    return this.#byIndex[index]!;
  }

  /** The shared entry of a mask of KEY_SIZE bytes. */
  of(bytes: Uint8Array): MaskEntry {
    const words = this.#words.of(bytes);
    let hash = 0;
    for (let i = 0; i < KEY_WORDS32; i++) hash = mix(hash, words[i]);
    const known = this.#byHash.get(hash);
    let entry = known?.find((candidate) => sameWords(candidate.all, words));
    if (entry === undefined) {
      const index = this.#free.pop() ?? this.#byIndex.length;
      entry = makeMask(index, hash, bytes);
      this.#byIndex[index] = entry;
      if (known === undefined) this.#byHash.set(hash, [entry]);
      else known.push(entry);
    }
    return entry;
  }

  /** To be called when it has no megaflow (any more). */
  forget(mask: MaskEntry): void {
    if (this.#byIndex[mask.index] !== mask) return;
    this.#byIndex[mask.index] = undefined;
    this.#free.push(mask.index);
    const rest = this.#byHash.get(mask.hash)!.filter((other) => other !== mask);
    if (rest.length > 0) this.#byHash.set(mask.hash, rest);
    else this.#byHash.delete(mask.hash);
  }
}

/** Of the key's bits under the mask. */
export function maskedHash({ words: indices, bits }: MaskEntry, key: Uint32Array): number {
  let hash = 0;
  for (let i = 0; i < indices.length; i++) hash = mix(hash, key[indices[i]] & bits[i]);
  return hash;
}

function mix(hash: number, word: number): number {
  const h = Math.imul(hash ^ word, 0x9e3779b1);
  return (h ^ (h >>> 15)) | 0;
}

function makeMask(index: number, hash: number, bytes: Uint8Array): MaskEntry {
  const copy = bytes.slice();
  const all = new Uint32Array(copy.buffer);
  const indices: number[] = [];
  for (let i = 0; i < KEY_WORDS32; i++) if (all[i] !== 0) indices.push(i);
  return {
    index,
    hash,
    bytes: copy,
    all,
    words: Uint16Array.from(indices),
    bits: Uint32Array.from(indices, (i) => all[i]),
    flows: 0,
  };
}

function sameWords(a: Uint32Array, b: Uint32Array): boolean {
  for (let i = 0; i < KEY_WORDS32; i++) if (a[i] !== b[i]) return false;
  return true;
}
