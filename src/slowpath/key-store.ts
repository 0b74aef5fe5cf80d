/**
 * The keys of megaflows, cut after their last word that says something, in pages of plain memory.
 *
 * What: a place is a number: 26 bits of where the key lies, in granules, and 6 bits of how many 8-byte words it has. A key as an object
 *   of its own costs 130 bytes besides its contents, and the garbage collector moves it twice.
 * Invariant: a place is its key's until `drop`; then the next key of that length gets it. Pages stay.
 */
const GRANULE_WORDS = 4;
const PAGE_GRANULES_LOG2 = 12;
const PAGE_GRANULES = 1 << PAGE_GRANULES_LOG2;
const LENGTH_BITS = 6;
const LENGTH_MASK = (1 << LENGTH_BITS) - 1;

/** Places of keys that take as many granules: those given back, and the rest of a page. */
interface SizeClass {
  readonly free: number[];
  next: number;
  end: number;
}

export class KeyStore {
  readonly #pages: Uint32Array[] = [];
  /** By granules of a key. */
  readonly #classes: SizeClass[] = [];

  /** A copy of the key, up to its last word that is not zero. */
  keep(words: Uint32Array): number {
    let end = words.length;
    while (end > 0 && words[end - 1] === 0) end--;
    const length = (end + 1) >> 1;
    const granule = this.#take(granulesOf(length));
    const page = this.#pages[granule >> PAGE_GRANULES_LOG2];
    const at = (granule & (PAGE_GRANULES - 1)) * GRANULE_WORDS;
    for (let i = 0; i < 2 * length; i++) page[at + i] = words[i];
    return ((granule << LENGTH_BITS) | length) >>> 0;
  }

  drop(place: number): void {
    this.#classes[granulesOf(place & LENGTH_MASK)].free.push(place >>> LENGTH_BITS);
  }

  /** The key where it lies. */
  at(place: number): Uint8Array {
    const { buffer, byteOffset } = this.#pages[place >>> (LENGTH_BITS + PAGE_GRANULES_LOG2)];
    return new Uint8Array(buffer, byteOffset + wordOf(place) * 4, (place & LENGTH_MASK) * 8);
  }

  /** Whether the key has the bits of `words` in the words listed. */
  agrees(place: number, words: Uint32Array, indices: Uint16Array, bits: Uint32Array): boolean {
    const page = this.#pages[place >>> (LENGTH_BITS + PAGE_GRANULES_LOG2)];
    const start = wordOf(place);
    const length = (place & LENGTH_MASK) * 2;
    for (let i = 0; i < indices.length; i++) {
      const at = indices[i];
      const own = at < length ? page[start + at] : 0;
      if (((own ^ words[at]) & bits[i]) !== 0) return false;
    }
    return true;
  }

  /** The first granule of as many in a row. */
  #take(granules: number): number {
    let own = this.#classes[granules];
    if (own === undefined) {
      while (this.#classes.length <= granules) this.#classes.push({ free: [], next: 0, end: 0 });
      own = this.#classes[granules];
    }
    const free = own.free.pop();
    if (free !== undefined) return free;
    if (own.next + granules > own.end) {
      own.next = this.#pages.length * PAGE_GRANULES;
      own.end = own.next + PAGE_GRANULES;
      this.#pages.push(new Uint32Array(PAGE_GRANULES * GRANULE_WORDS));
    }
    const granule = own.next;
    own.next += granules;
    return granule;
  }
}

/** For a key of `length` 8-byte words. */
function granulesOf(length: number): number {
  return Math.max(1, (length + 1) >> 1);
}

/** Where the key begins in its page, in 32-bit words. */
function wordOf(place: number): number {
  return ((place >>> LENGTH_BITS) & (PAGE_GRANULES - 1)) * GRANULE_WORDS;
}
