/**
 * What: all prefixes that a table's rules match in one field. A lookup tells which prefix lengths can match the packet and
 *   how many leading bits had to be read to know: two packets that agree on those bits get the same answer.
 * Cost: one node per prefix and per fork (paths are compressed); a lookup walks at most one node per fork.
 */

interface Node {
  /** The path from the root, `length` bits of it. */
  readonly bits: Uint8Array;
  readonly length: number;
  /** Rules whose prefix ends here. */
  rules: number;
  readonly children: [Node | undefined, Node | undefined];
}

const bitAt = (bytes: Uint8Array, at: number, bit: number): 0 | 1 =>
  (bytes[at + (bit >> 3)] & (0x80 >> (bit & 7))) === 0 ? 0 : 1;

/** Number of equal bits, from bit `from` on (known equal before), at most `limit`. */
function commonBits(a: Uint8Array, b: Uint8Array, bAt: number, from: number, limit: number): number {
  for (let i = from >> 3; i << 3 < limit; i++) {
    const difference = a[i] ^ b[bAt + i];
    if (difference !== 0) return Math.min(limit, (i << 3) + Math.clz32(difference) - 24);
  }
  return limit;
}

export class PrefixTrie {
  readonly #offset: number;
  readonly #bits: number;
  #root: Node | undefined;
  readonly #lengths = new Uint8Array(130);
  #count = 0;
  #read = 0;
  #fresh = false;

  /** Of a field of `bytes` bytes at `offset` of the flow. */
  constructor(offset: number, bytes: number) {
    this.#offset = offset;
    this.#bits = bytes * 8;
  }

  insert(flow: Uint8Array, length: number): void {
    this.#root = this.#inserted(this.#root, flow.slice(this.#offset, this.#offset + (this.#bits >> 3)), length);
  }

  #inserted(node: Node | undefined, key: Uint8Array, length: number): Node {
    if (!node) return { bits: key, length, rules: 1, children: [undefined, undefined] };
    const common = commonBits(node.bits, key, 0, 0, Math.min(node.length, length));
    if (common === node.length) {
      if (common === length) {
        node.rules++;
      } else {
        const side = bitAt(key, 0, common);
        node.children[side] = this.#inserted(node.children[side], key, length);
      }
      return node;
    }
    const fork: Node = { bits: key, length: common, rules: 0, children: [undefined, undefined] };
    fork.children[bitAt(node.bits, 0, common)] = node;
    if (common === length) fork.rules = 1;
    else fork.children[bitAt(key, 0, common)] = { bits: key, length, rules: 1, children: [undefined, undefined] };
    return fork;
  }

  /** Takes back one `insert` of the same prefix. */
  remove(flow: Uint8Array, length: number): void {
    this.#root = this.#removed(this.#root!, flow.subarray(this.#offset, this.#offset + (this.#bits >> 3)), length);
  }

  #removed(node: Node, key: Uint8Array, length: number): Node | undefined {
    if (node.length === length) {
      node.rules--;
    } else {
      const side = bitAt(key, 0, node.length);
      node.children[side] = this.#removed(node.children[side]!, key, length);
    }
    const [zero, one] = node.children;
    return node.rules > 0 || (zero && one) ? node : (zero ?? one);
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

  #walk(flow: Uint8Array): void {
    this.#fresh = true;
    this.#count = 0;
    this.#read = 0;
    let node = this.#root;
    let known = 0;
    while (node) {
      const common = commonBits(node.bits, flow, this.#offset, known, node.length);
      if (common < node.length) {
        this.#read = common + 1;
        return;
      }
      known = node.length;
      this.#read = known;
      if (node.rules > 0) this.#lengths[this.#count++] = known;
      const [zero, one]: Node["children"] = node.children;
      if (!zero && !one) return;
      // Which way to go (or that there is none) is decided by the next bit.
      this.#read = known + 1;
      node = bitAt(flow, this.#offset, known) === 0 ? zero : one;
    }
  }
}
