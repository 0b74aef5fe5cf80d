import { describe, expect, it } from "vitest";
import { median, pairedRatios, quantile, rankTest } from "../../bench/statistics.ts";

describe("medians and quantiles", () => {
  it("lie in the middle, between two when their number is even", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(quantile([10, 20, 30, 40, 50], 0.99)).toBeCloseTo(49.6, 10);
    expect(quantile([7], 0.99)).toBe(7);
  });

  it("need a sample", () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

it("ratios are taken round by round; a reference of 0 gives none", () => {
  expect(pairedRatios([2, 9, 4], [1, 3, 0])).toEqual([2, 3]);
});

describe("Mann-Whitney's test", () => {
  // Mann & Whitney 1947, table I: P(U ≤ u) for small samples.
  it.each([
    { m: 3, n: 3, u: 0, oneSided: 0.05 },
    { m: 4, n: 4, u: 0, oneSided: 0.014 },
    { m: 4, n: 4, u: 3, oneSided: 0.1 },
    { m: 5, n: 5, u: 4, oneSided: 0.048 },
    { m: 6, n: 6, u: 7, oneSided: 0.047 },
    { m: 8, n: 8, u: 13, oneSided: 0.025 },
  ])("agrees with the published table at $m and $n samples, U = $u", ({ m, n, u, oneSided }) => {
    const [a, b] = samplesWithU(m, n, u);
    const test = rankTest(a, b);
    expect(test.u).toBe(u);
    expect(test.p / 2).toBeCloseTo(oneSided, 3);
  });

  it("is the same in both directions", () => {
    const [a, b] = [
      [1, 2, 3, 4, 9],
      [5, 6, 7, 8],
    ];
    expect(rankTest(a, b).p).toBe(rankTest(b, a).p);
  });

  it("finds no difference between equal samples", () => {
    expect(rankTest([5, 5, 5, 5, 5], [5, 5, 5, 5, 5]).p).toBe(1);
  });

  it("goes over to the normal limit for many samples", () => {
    const many = (shift: number) => Array.from({ length: 16 }, (_, i) => i * 2 + shift);
    const all = [many(0), many(7)];
    expect(rankTest(all[0], all[1]).p).toBeCloseTo(normalOracle(rankTest(all[0], all[1]).u, 16, 16), 3);
  });

  it("says the least p that so few samples can give", () => {
    expect(rankTest([1, 2, 3], [4, 5, 6]).leastP).toBeCloseTo(0.1, 10);
    expect(rankTest([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])).toMatchObject({ p: 2 / 252, leastP: 2 / 252 });
  });

  it("does not call twins different more often than it says", () => {
    let state = 12345;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    let found = 0;
    for (let i = 0; i < 2000; i++) {
      const draw = () => Array.from({ length: 6 }, random);
      if (rankTest(draw(), draw()).p <= 0.05) found++;
    }
    expect(found / 2000).toBeLessThan(0.06);
  });
});

/** m and n different numbers of which u pairs are in the order a > b. */
function samplesWithU(m: number, n: number, u: number): [number[], number[]] {
  const b = Array.from({ length: n }, (_, i) => (i + 1) * 100);
  let left = u;
  const a = Array.from({ length: m }, (_, i) => {
    const above = Math.min(n, left);
    left -= above;
    return above * 100 + 50 + i;
  });
  return [a, b];
}

/** The normal limit with continuity, by numerical integration. */
function normalOracle(u: number, m: number, n: number): number {
  const z = (Math.abs(u - (m * n) / 2) - 0.5) / Math.sqrt((m * n * (m + n + 1)) / 12);
  let area = 0;
  const step = 1e-4;
  for (let x = 0; x < z; x += step) area += Math.exp(-((x + step / 2) ** 2) / 2) * step;
  return 1 - (2 * area) / Math.sqrt(2 * Math.PI);
}
