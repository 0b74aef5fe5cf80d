/**
 * Statistics of few, skewed samples: medians and ranks, no assumption about how they are spread.
 *
 * Source: H. B. Mann, D. R. Whitney, "On a Test of Whether one of Two Random Variables is Stochastically Larger than the
 * Other", Ann. Math. Statist. 18 (1947): the recurrence for the exact distribution of U, and its normal limit.
 */

/** @throws RangeError without samples. */
export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** The value below which the share `share` of the samples lies, by linear interpolation between neighbours. */
export function quantile(samples: readonly number[], share: number): number {
  if (samples.length === 0) throw new RangeError("no samples");
  const sorted = Float64Array.from(samples).sort();
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spread(samples: readonly number[]): Spread {
  return { median: median(samples), min: Math.min(...samples), max: Math.max(...samples) };
}

/** Ratios of what was taken in the same round; the machine's moods cancel out. Pairs with a 0 below are left out. */
export function pairedRatios(samples: readonly number[], reference: readonly number[]): number[] {
  const pairs = Math.min(samples.length, reference.length);
  return Array.from({ length: pairs }, (_, i) => samples[i] / reference[i]).filter(Number.isFinite);
}

export interface RankTest {
  /** Pairs (a, b) with a > b, ties half. */
  readonly u: number;
  /** Two-sided: the probability of ranks at least this far apart when there is no difference. */
  readonly p: number;
  /** The least p that so many samples can give: when it is large, no difference can be seen. */
  readonly leastP: number;
}

/** Samples up to which the exact distribution is used, when no two are equal. */
const EXACT_LIMIT = 30;

/** Mann-Whitney's U test. @throws RangeError when one side has no samples. */
export function rankTest(a: readonly number[], b: readonly number[]): RankTest {
  if (a.length === 0 || b.length === 0) throw new RangeError("no samples");
  let u = 0;
  for (const x of a) for (const y of b) u += x > y ? 1 : x === y ? 0.5 : 0;
  const all = [...a, ...b];
  const tied = new Set(all).size < all.length;
  const exact = !tied && all.length <= EXACT_LIMIT;
  const p = exact ? exactP(u, a.length, b.length) : normalP(u, all, a.length, b.length);
  return { u, p, leastP: Math.min(1, 2 / combinations(all.length, a.length)) };
}

/** Two-sided p from counting: how many orders of m + n samples have so small a U. */
function exactP(u: number, m: number, n: number): number {
  const counts = orderCounts(m, n);
  const smaller = Math.min(u, m * n - u);
  let tail = 0;
  for (let i = 0; i <= smaller; i++) tail += counts[i];
  return Math.min(1, (2 * tail) / combinations(m + n, m));
}

/**
 * counts[u]: orders of m and n samples with that U, the coefficients of the Gaussian binomial
 * ∏ (1 − q^(n+i)) / (1 − q^i), i = 1 … m.
 */
function orderCounts(m: number, n: number): Float64Array {
  const counts = new Float64Array(m * n + 1);
  counts[0] = 1;
  for (let i = 1; i <= m; i++) {
    for (let u = counts.length - 1; u >= n + i; u--) counts[u] -= counts[u - n - i];
    for (let u = i; u < counts.length; u++) counts[u] += counts[u - i];
  }
  return counts;
}

function combinations(n: number, k: number): number {
  let product = 1;
  for (let i = 1; i <= k; i++) product = (product * (n - k + i)) / i;
  return Math.round(product);
}

/** The normal limit, with the variance reduced by ties and half a step of continuity. */
function normalP(u: number, all: readonly number[], m: number, n: number): number {
  const total = m + n;
  const groups = new Map<number, number>();
  for (const value of all) groups.set(value, (groups.get(value) ?? 0) + 1);
  let ties = 0;
  for (const size of groups.values()) ties += size ** 3 - size;
  const variance = ((m * n) / 12) * (total + 1 - ties / (total * (total - 1)));
  if (variance <= 0) return 1;
  const distance = Math.max(0, Math.abs(u - (m * n) / 2) - 0.5);
  return Math.min(1, complementaryError(distance / Math.sqrt(2 * variance)));
}

/** erfc(x), x ≥ 0: Abramowitz & Stegun 7.1.26, absolute error below 1.5e-7. */
function complementaryError(x: number): number {
  const t = 1 / (1 + 0.3275911 * x);
  const polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return polynomial * Math.exp(-x * x);
}
