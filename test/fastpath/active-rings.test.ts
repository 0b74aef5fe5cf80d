import { describe, expect, it } from "vitest";
import { ActiveRings } from "../../src/fastpath/active-rings.ts";

describe("active rings", () => {
  it("without a port leave every turn to epoll", () => {
    expect(new ActiveRings().takeTurn()).toBe(false);
  });

  it("leave one turn of four to epoll", () => {
    const rings = new ActiveRings();
    rings.add(3);
    expect(Array.from({ length: 8 }, () => rings.takeTurn()).filter((turn) => !turn)).toHaveLength(2);
  });

  it("hold each port once, and the eight that came last", () => {
    const rings = new ActiveRings();
    for (const port of [1, 2, 2, 1, 3, 4, 5, 6, 7, 8, 9, 10]) rings.add(port);
    expect(rings.ports.toSorted((a, b) => a - b)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it("forget all when the worker sleeps", () => {
    const rings = new ActiveRings();
    rings.add(1);
    rings.clear();
    expect(rings.takeTurn()).toBe(false);
  });
});
