/** Where two lines of one plot cross. */

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
