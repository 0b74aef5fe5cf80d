import { expect, it } from "vitest";
import { ByteSlab } from "../../src/slowpath/byte-slab.ts";

it("a slab keeps copies that nothing later changes, aligned to words, whatever their size", () => {
  const slab = new ByteSlab();
  const source = new Uint8Array(40_000);
  const kept = Array.from({ length: 2000 }, (_, i) => {
    const size = i === 1000 ? source.length : i % 97;
    const piece = slab.keep(source.fill(i & 255).subarray(0, size));
    return { piece, size, value: i & 255 };
  });
  for (const { piece, size, value } of kept) {
    expect(piece).toEqual(new Uint8Array(size).fill(value));
    expect(piece.byteOffset % 8).toBe(0);
  }
  expect(new Set(kept.map(({ piece }) => piece.buffer)).size).toBeLessThan(15);
});
