import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PrefixTrie } from "../../../src/slowpath/tables/prefix-trie.ts";

const BYTES = 16;
const OFFSET = 3;

const bit = (key: Uint8Array, i: number): number => (key[i >> 3] >> (7 - (i & 7))) & 1;
const samePrefix = (a: Uint8Array, b: Uint8Array, length: number): boolean =>
  Array.from({ length }, (_, i) => bit(a, i) === bit(b, i)).every(Boolean);
/** The field where a flow has it. */
const flowOf = (key: Uint8Array): Uint8Array => Uint8Array.of(...new Uint8Array(OFFSET), ...key, 0xff);

/** Keys that share beginnings of every length. */
const keyArbitrary = fc
  .tuple(fc.nat(128), fc.uint8Array({ minLength: BYTES, maxLength: BYTES }))
  .map(([same, random]) =>
    random.map((byte, i) => byte & (i * 8 >= same ? 0xff : i * 8 + 8 <= same ? 0 : 0xff >> (same & 7))),
  );
const prefixArbitrary = fc.tuple(keyArbitrary, fc.integer({ min: 1, max: 128 }));

describe("prefix trie", () => {
  it("knows which lengths match, and reads enough bits to know", () => {
    fc.assert(
      fc.property(
        fc.array(prefixArbitrary, { maxLength: 30 }),
        fc.nat(30),
        keyArbitrary,
        keyArbitrary,
        (prefixes, gone, key, other) => {
          const trie = new PrefixTrie(OFFSET, BYTES);
          for (const [bits, length] of prefixes) trie.insert(flowOf(bits), length);
          for (const [bits, length] of prefixes.slice(0, gone)) trie.remove(flowOf(bits), length);
          const left = prefixes.slice(gone);
          const expected = (candidate: Uint8Array, wanted: number): boolean =>
            left.some(([bits, length]) => length === wanted && samePrefix(bits, candidate, length));
          for (const [, length] of left) {
            trie.forget();
            const matches = trie.matches(flowOf(key), length);
            expect(matches).toBe(expected(key, length));
            const read = Math.min(trie.bitsRead(), length);
            if (!matches && samePrefix(key, other, read)) expect(expected(other, length)).toBe(false);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it("reads no more bits than tell the key from every prefix", () => {
    const trie = new PrefixTrie(0, 4);
    for (const address of [
      [10, 0, 0, 1],
      [10, 0, 0, 2],
      [10, 1, 0, 0],
    ]) {
      trie.insert(Uint8Array.from(address), 32);
    }
    expect(trie.matches(Uint8Array.of(138, 0, 0, 1), 32)).toBe(false);
    expect(trie.bitsRead()).toBe(1);
    trie.forget();
    expect(trie.matches(Uint8Array.of(10, 0, 0, 9), 32)).toBe(false);
    expect(trie.bitsRead()).toBe(29);
  });
});
