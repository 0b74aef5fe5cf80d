/**
 * What: all prefixes that a table's rules match in one field. A lookup tells which prefix lengths can match the packet and
 *   how many leading bits had to be read to know: two packets that agree on those bits get the same answer.
 * Cost: one node per prefix and per fork (paths are compressed); a lookup walks at most one node per fork. Keys are four
 *   32-bit integers kept in the node itself: byte arrays made a walk through 50 000 prefixes three times as slow.
 */

/** Up to 128 bits, left-aligned; signed, so that V8 keeps them unboxed. */
interface Key {
  w0: number;
  w1: number;
  w2: number;
  w3: number;
}

interface Node extends Key {
  /** Bits of the path from the root. */
  readonly length: number;
  /** Rules whose prefix ends here. */
  rules: number;
  zero: Node | undefined;
  one: Node | undefined;
}

/** Number of equal leading bits, at most `limit`. */
function commonBits(a: Key, b: Key, limit: number): number {
  let difference = a.w0 ^ b.w0;
  if (difference !== 0) return Math.min(limit, Math.clz32(difference));
  if (limit <= 32) return limit;
  difference = a.w1 ^ b.w1;
  if (difference !== 0) return Math.min(limit, 32 + Math.clz32(difference));
  difference = a.w2 ^ b.w2;
  if (difference !== 0) return Math.min(limit, 64 + Math.clz32(difference));
  difference = a.w3 ^ b.w3;
  return difference === 0 ? limit : Math.min(limit, 96 + Math.clz32(difference));
}

function isOne(key: Key, bit: number): boolean {
  const word = bit < 32 ? key.w0 : bit < 64 ? key.w1 : bit < 96 ? key.w2 : key.w3;
  return (word & (0x8000_0000 >>> (bit & 31))) !== 0;
}

function newNode({ w0, w1, w2, w3 }: Key, length: number, rules: number): Node {
  return { w0, w1, w2, w3, length, rules, zero: undefined, one: undefined };
}

export class PrefixTrie {
  readonly #offset: number;
  readonly #bytes: number;
  readonly #mask: number;
  readonly #key: Key = { w0: 0, w1: 0, w2: 0, w3: 0 };
  #root: Node | undefined;
  /** Lengths that match the flow. */
  readonly #lengths = new Uint8Array(130);
  #count = 0;
  #read = 0;
  #fresh = false;

  /** Of a field of 4 or 16 bytes at `offset` of the flow; `mask`: its bits that count. */
  constructor(offset: number, bytes: 4 | 16, mask = 0xffff_ffff) {
    this.#offset = offset;
    this.#bytes = bytes;
    this.#mask = mask;
  }

  /** To be called when the flow changed: the next question walks the trie again. */
  forget(): void {
    this.#fresh = false;
  }

  /** Whether some rule's prefix of that length agrees with the flow. */
  matches(flow: Uint8Array, length: number): boolean {
    if (!this.#fresh) this.#walk(flow);
    for (let i = 0; i < this.#count; i++) if (this.#lengths[i] === length) return true;
    return false;
  }

  /** Leading bits of the field that decide which lengths match; valid after `matches`. */
  bitsRead(): number {
    return this.#read;
  }

  insert(flow: Uint8Array, length: number): void {
    this.#load(flow);
    this.#root = this.#inserted(this.#root, length);
  }

  /** Takes back one `insert` of the same prefix. */
  remove(flow: Uint8Array, length: number): void {
    this.#load(flow);
    this.#root = this.#removed(this.#root!, length);
  }

  #walk(flow: Uint8Array): void {
    this.#load(flow);
    this.#fresh = true;
    this.#count = 0;
    this.#read = 0;
    const key = this.#key;
    let node = this.#root;
    while (node !== undefined) {
      const common = commonBits(node, key, node.length);
      if (common < node.length) {
        this.#read = common + 1;
        return;
      }
      this.#read = common;
      if (node.rules > 0) this.#lengths[this.#count++] = common;
      if (node.zero === undefined && node.one === undefined) return;
      // Which way to go (or that there is none) is decided by the next bit.
      this.#read = common + 1;
      node = isOne(key, common) ? node.one : node.zero;
    }
  }

  #load(flow: Uint8Array): void {
    const key = this.#key;
    const at = this.#offset;
    key.w0 = wordAt(flow, at) & this.#mask;
    if (this.#bytes === 4) return;
    key.w1 = wordAt(flow, at + 4);
    key.w2 = wordAt(flow, at + 8);
    key.w3 = wordAt(flow, at + 12);
  }

  #inserted(node: Node | undefined, length: number): Node {
    const key = this.#key;
    if (node === undefined) return newNode(key, length, 1);
    const common = commonBits(node, key, Math.min(node.length, length));
    if (common === node.length) {
      if (common === length) node.rules++;
      else if (isOne(key, common)) node.one = this.#inserted(node.one, length);
      else node.zero = this.#inserted(node.zero, length);
      return node;
    }
    const fork = newNode(key, common, common === length ? 1 : 0);
    const other = common === length ? undefined : newNode(key, length, 1);
    const nodeIsOne = isOne(node, common);
    fork.one = nodeIsOne ? node : other;
    fork.zero = nodeIsOne ? other : node;
    return fork;
  }

  #removed(node: Node, length: number): Node | undefined {
    if (node.length === length) node.rules--;
    else if (isOne(this.#key, node.length)) node.one = this.#removed(node.one!, length);
    else node.zero = this.#removed(node.zero!, length);
    const fork = node.zero !== undefined && node.one !== undefined;
    return node.rules > 0 || fork ? node : (node.zero ?? node.one);
  }
}

function wordAt(flow: Uint8Array, at: number): number {
  return (flow[at] << 24) | (flow[at + 1] << 16) | (flow[at + 2] << 8) | flow[at + 3];
}
