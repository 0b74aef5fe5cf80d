import { describe, expect, it } from "vitest";
import { LONGEST_US, SpinWindow } from "../../src/fastpath/spin-window.ts";

const lengthAfter = (...gaps: number[]): number => {
  const window = new SpinWindow();
  for (const gap of gaps) window.ended(gap);
  return window.length;
};

describe("spin window", () => {
  it("opens to its longest where replies come within it", () => {
    expect(lengthAfter(...Array(10).fill(40))).toBe(LONGEST_US);
  });

  it("closes where packets come one by one and far apart", () => {
    expect(lengthAfter(...Array(10).fill(40), ...Array(10).fill(1000))).toBe(0);
  });

  it("opens again from nothing", () => {
    expect(lengthAfter(...Array(10).fill(1000), ...Array(5).fill(LONGEST_US))).toBe(LONGEST_US);
  });

  it("stays open over a rare long gap", () => {
    expect(lengthAfter(...Array(10).fill(40), 5000, 40)).toBe(LONGEST_US);
  });

  it("never spins longer than its longest", () => {
    expect(lengthAfter(...Array(50).fill(0))).toBe(LONGEST_US);
  });
});
