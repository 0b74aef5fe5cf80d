/** Where two lines of one plot cross, in words. */
import type { Row } from "../schema.ts";
import { median } from "../statistics.ts";
import { figure, samplesOf } from "../table.ts";

export interface Crossing {
  /** Position on the axis, by interpolation between the logarithms of its neighbours. */
  readonly at: number;
  /** Which of the two is less from there on. */
  readonly lessAfter: "first" | "second";
}

/** Points ascending by x, all numbers positive. */
export function crossings(x: readonly number[], first: readonly number[], second: readonly number[]): Crossing[] {
  const difference = x.map((_, i) => Math.log(first[i] / second[i]));
  const found: Crossing[] = [];
  for (let i = 1; i < x.length; i++) {
    if (difference[i - 1] < 0 === difference[i] < 0) continue;
    const share = difference[i - 1] / (difference[i - 1] - difference[i]);
    const at = Math.exp(Math.log(x[i - 1]) + share * (Math.log(x[i]) - Math.log(x[i - 1])));
    found.push({ at, lessAfter: difference[i] < 0 ? "first" : "second" });
  }
  return found;
}

/** undefined without two points that both have. */
export function crossingSentence(
  rows: readonly Row[],
  first: string,
  second: string,
  when: string,
): string | undefined {
  const points = rows
    .flatMap((row) => {
      const [a, b] = [samplesOf(row, first), samplesOf(row, second)];
      return row.at && a && b ? [{ x: row.at.value, a: median(a), b: median(b) }] : [];
    })
    .sort((left, right) => left.x - right.x);
  if (points.length < 2) return undefined;
  const axis = rows[0].at!.axis;
  const found = crossings(
    points.map(({ x }) => x),
    points.map(({ a }) => a),
    points.map(({ b }) => b),
  );
  const last = points.at(-1)!;
  const end = `at ${last.x.toLocaleString("en-US")} ${axis} ${first} costs ${figure(last.a / last.b)} × ${second}`;
  if (found.length === 0) {
    const [less, more] = last.a < last.b ? [first, second] : [second, first];
    return `${when}, ${less} costs less than ${more} at every number of ${axis} measured; ${end}.`;
  }
  const turns = found.map(
    ({ at, lessAfter }) => `from about ${figure(at)} ${axis} on ${lessAfter === "first" ? first : second} costs less`,
  );
  return `${when}, ${turns.join(", ")}; ${end}.`;
}
