/**
 * Pearson's chi-square test: does a spread over servers differ from the one their weights ask for by more than chance?
 *
 * The p-value is Q(k/2, x/2), the upper regularised incomplete gamma function (NIST DLMF §8.2), with k = servers − 1.
 */

export interface ChiSquare {
  readonly statistic: number;
  readonly degreesOfFreedom: number;
  /** Probability of a spread at least this uneven if the weights hold: small = suspicious. */
  readonly pValue: number;
}

/** `weights` default to equal ones. @throws RangeError without at least two servers, or when a weight is not positive. */
export function chiSquare(counts: readonly number[], weights: readonly number[] = counts.map(() => 1)): ChiSquare {
  if (counts.length < 2) throw new RangeError("a spread needs at least two servers");
  if (weights.length !== counts.length || weights.some((weight) => !(weight > 0))) {
    throw new RangeError("every server needs a positive weight");
  }
  const total = sum(counts);
  const totalWeight = sum(weights);
  let statistic = 0;
  if (total > 0) {
    for (const [index, count] of counts.entries()) {
      const expected = (total * weights[index]) / totalWeight;
      statistic += (count - expected) ** 2 / expected;
    }
  }
  const degreesOfFreedom = counts.length - 1;
  return { statistic, degreesOfFreedom, pValue: upperGamma(degreesOfFreedom / 2, statistic / 2) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Relative precision at which series and fraction stop. */
const PRECISION = 1e-15;
const MOST_TERMS = 100_000;

/** Q(a, x) for a > 0, x >= 0. The series converges fast below x = a + 1, the continued fraction above. */
export function upperGamma(a: number, x: number): number {
  if (!(a > 0) || !(x >= 0)) throw new RangeError(`Q(${a}, ${x}) is not defined`);
  if (x === 0) return 1;
  if (!Number.isFinite(x)) return 0;
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
  return x < a + 1 ? 1 - scale * lowerSeries(a, x) : scale * upperFraction(a, x);
}

/** γ(a, x) · e^x · x^−a = Σ x^n / (a (a+1) … (a+n)), DLMF 8.11.4. */
function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let total = term;
  for (let n = 1; n < MOST_TERMS && term > total * PRECISION; n++) {
    term *= x / (a + n);
    total += term;
  }
  return total;
}

/** Γ(a, x) · e^x · x^−a as the continued fraction DLMF 8.9.2, evaluated forwards (modified Lentz, DLMF §3.10). */
function upperFraction(a: number, x: number): number {
  const tiny = Number.MIN_VALUE / PRECISION;
  let denominator = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / denominator;
  let value = d;
  for (let n = 1; n < MOST_TERMS; n++) {
    const numerator = n * (a - n);
    denominator += 2;
    d = 1 / nonZero(denominator + numerator * d, tiny);
    c = nonZero(denominator + numerator / c, tiny);
    const factor = c * d;
    value *= factor;
    if (Math.abs(factor - 1) < PRECISION) break;
  }
  return value;
}

function nonZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

/** ln Γ(x), x > 0: Stirling's series (DLMF 5.11.1) after raising x to where its error is below double precision. */
export function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 15; z++) shift += Math.log(z);
  const inverse = 1 / (z * z);
  const tail = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / z;
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + tail - shift;
}
