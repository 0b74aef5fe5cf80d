/** The store of keys against a plain list of them, through any order of additions and removals. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { KEY_SIZE } from "../../assembly/layout/key.ts";
import { KeyStore } from "../../src/slowpath/key-store.ts";

const WORDS = KEY_SIZE / 4;
const EVERY_WORD = Uint16Array.from({ length: WORDS }, (_, i) => i);
const ALL_BITS = new Uint32Array(WORDS).fill(0xffff_ffff);

/** A key whose last word that says something is `last`; -1: none says anything. */
function keyOf(last: number, value: number): Uint32Array {
  const words = new Uint32Array(WORDS);
  for (let i = 0; i <= last; i++) words[i] = (value * 31 + i + 1) >>> 0;
  return words;
}

/** As it is kept: whole 8-byte words up to the last that says something. */
function cut(words: Uint32Array): Uint8Array {
  let end = WORDS;
  while (end > 0 && words[end - 1] === 0) end--;
  return new Uint8Array(words.buffer.slice(0, (end + (end & 1)) * 4));
}

it("keys are kept, cut, until they are dropped, whatever comes and goes meanwhile", () => {
  const step = fc.record({
    last: fc.integer({ min: -1, max: WORDS - 1 }),
    value: fc.nat(1000),
    drop: fc.option(fc.nat(50)),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const store = new KeyStore();
      const kept: { place: number; words: Uint32Array }[] = [];
      for (const { last, value, drop } of steps) {
        if (drop !== null && drop < kept.length) {
          const [{ place }] = kept.splice(drop, 1);
          store.drop(place);
        }
        const words = keyOf(last, value);
        kept.push({ place: store.keep(words), words });
      }
      for (const { place, words } of kept) {
        expect(store.at(place)).toEqual(cut(words));
        expect(store.agrees(place, words, EVERY_WORD, ALL_BITS)).toBe(true);
      }
    }),
    { numRuns: 100 },
  );
});

it("a key agrees with another where the bits that count are the same, behind its end too", () => {
  const store = new KeyStore();
  const place = store.keep(keyOf(1, 7));
  const other = keyOf(1, 7);
  other[0] ^= 0b1000;
  other[WORDS - 1] = 0b0100;
  const agrees = (word: number, bits: number) => store.agrees(place, other, Uint16Array.of(word), Uint32Array.of(bits));
  expect([agrees(0, 0b0111), agrees(0, 0b1000), agrees(1, 0xffff_ffff)]).toEqual([true, false, true]);
  expect([agrees(WORDS - 1, 0b1011), agrees(WORDS - 1, 0b0100)]).toEqual([true, false]);
});

it("a place that was given back is the next key's of that length, and pages fill up", () => {
  const store = new KeyStore();
  const places = Array.from({ length: 20_000 }, (_, i) => store.keep(keyOf(15, i)));
  expect(new Set(places).size).toBe(20_000);
  places.forEach((place, i) => {
    expect(store.at(place)).toEqual(cut(keyOf(15, i)));
  });
  for (const place of places) store.drop(place);
  const again = Array.from({ length: 20_000 }, (_, i) => store.keep(keyOf(15, i)));
  expect(new Set(again)).toEqual(new Set(places));
});
