import { describe, expect, it } from "vitest";
import { chiSquare, logGamma, upperGamma } from "../../src/lab/chi-square.ts";

describe("log gamma", () => {
  it.each([
    [0.5, Math.log(Math.PI) / 2],
    [1, 0],
    [2, 0],
    [5, Math.log(24)],
    [10.5, 13.940625219403763],
    [100, 359.1342053695754],
  ])("ln Γ(%d) = %d", (x, expected) => {
    expect(logGamma(x)).toBeCloseTo(expected, 11);
  });
});

describe("upper regularised gamma", () => {
  // Q(1/2, x) = erfc(√x), Q(1, x) = e^−x, Q(2, x) = (1 + x) e^−x.
  it.each([
    [0.5, 0.5, 0.31731050786291415],
    [0.5, 2, 0.04550026389635842],
    [0.5, 12.5, 5.733031437583878e-7],
    [1, 3, Math.exp(-3)],
    [2, 0.25, 1.25 * Math.exp(-0.25)],
    [2, 40, 41 * Math.exp(-40)],
    [1, 0, 1],
  ])("Q(%d, %d) = %d", (a, x, expected) => {
    expect(upperGamma(a, x) / expected).toBeCloseTo(1, 10);
  });

  it("is 0 at infinity and refuses what is not defined", () => {
    expect(upperGamma(1, Number.POSITIVE_INFINITY)).toBe(0);
    expect(() => upperGamma(0, 1)).toThrow(RangeError);
    expect(() => upperGamma(1, -1)).toThrow(RangeError);
  });
});

describe("chi-square of a spread", () => {
  // Critical values of the published tables: 5 % at 3.841 (1 degree), 5.991 (2), 16.919 (9); 1 % at 6.635 (1).
  it.each([
    [3.841458820694124, 1, 0.05],
    [6.6348966010212145, 1, 0.01],
    [5.991464547107979, 2, 0.05],
    [16.918977604620448, 9, 0.05],
  ])("a statistic of %d with %d degrees of freedom has p = %d", (statistic, degrees, p) => {
    expect(upperGamma(degrees / 2, statistic / 2)).toBeCloseTo(p, 10);
  });

  it("of an even spread is 0, p = 1", () => {
    expect(chiSquare([25, 25])).toEqual({ statistic: 0, degreesOfFreedom: 1, pValue: 1 });
  });

  it("of 20 to 30 is 2, p = 0.157", () => {
    const { statistic, pValue } = chiSquare([20, 30]);
    expect(statistic).toBeCloseTo(2, 12);
    expect(pValue).toBeCloseTo(0.15729920705, 10);
  });

  it("of 50 to 0 is 50: not by chance", () => {
    const { statistic, pValue } = chiSquare([50, 0]);
    expect(statistic).toBe(50);
    expect(pValue).toBeLessThan(1e-11);
  });

  it("measures against the weights", () => {
    expect(chiSquare([30, 10], [3, 1]).statistic).toBeCloseTo(0, 12);
    expect(chiSquare([20, 20], [3, 1]).statistic).toBeCloseTo(100 / 30 + 100 / 10, 12);
  });

  it("refuses one server and weights of 0", () => {
    expect(() => chiSquare([5])).toThrow("at least two servers");
    expect(() => chiSquare([5, 5], [1, 0])).toThrow("positive weight");
  });
});
