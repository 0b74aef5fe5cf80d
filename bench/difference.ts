/** Two results side by side: which figures differ by more than chance and by enough to matter. */
import type { Results, Row } from "./schema.ts";
import { median, rankTest } from "./statistics.ts";

export interface Difference {
  readonly bench: string;
  readonly row: Row;
  readonly contestant: string;
  readonly before: number;
  readonly after: number;
  /** after ÷ before */
  readonly ratio: number;
  readonly p: number;
  /** "different": neither more nor less is better. */
  readonly verdict: "faster" | "slower" | "different";
}

export interface Differences {
  readonly differences: readonly Difference[];
  readonly compared: number;
  /** So few rounds that no order of the samples would be significant. */
  readonly undecidable: number;
  /** In one of the two only. */
  readonly unmatched: number;
  /** What makes the two hard to compare. */
  readonly warnings: readonly string[];
  /** Differences to expect when nothing has changed. */
  readonly chance: number;
}

/** Five rounds on each side can reach it (p = 0.008), four cannot. */
export const SIGNIFICANCE = 0.01;
/** Less than this does not matter, however sure. */
export const LEAST_CHANGE = 0.02;

export function compareResults(before: Results, after: Results): Differences {
  const old = figures(before);
  const differences: Difference[] = [];
  let compared = 0;
  let undecidable = 0;
  let unmatched = 0;
  for (const [key, { bench, row, contestant, samples }] of figures(after)) {
    const earlier = old.get(key);
    old.delete(key);
    if (earlier === undefined) {
      unmatched++;
      continue;
    }
    const { p, leastP } = rankTest(samples, earlier.samples);
    if (leastP > SIGNIFICANCE) {
      undecidable++;
      continue;
    }
    compared++;
    const [from, to] = [median(earlier.samples), median(samples)];
    const ratio = to / from;
    if (p > SIGNIFICANCE || !(Math.abs(ratio - 1) >= LEAST_CHANGE)) continue;
    const verdict =
      row.better === "neither" ? "different" : ratio > 1 === (row.better === "higher") ? "faster" : "slower";
    differences.push({ bench, row, contestant, before: from, after: to, ratio, p, verdict });
  }
  return {
    differences,
    compared,
    undecidable,
    unmatched: unmatched + old.size,
    warnings: warnings(before, after),
    chance: compared * SIGNIFICANCE,
  };
}

interface Figure {
  readonly bench: string;
  readonly row: Row;
  readonly contestant: string;
  readonly samples: readonly number[];
}

function figures({ benches }: Results): Map<string, Figure> {
  const found = new Map<string, Figure>();
  for (const { name, rows } of benches) {
    for (const row of rows) {
      for (const { contestant, samples } of row.series) {
        if (samples.length === 0) continue;
        const key = JSON.stringify([name, row.case, row.at?.axis, row.at?.value, row.metric, row.unit, contestant]);
        found.set(key, { bench: name, row, contestant, samples });
      }
    }
  }
  return found;
}

function warnings(before: Results, after: Results): string[] {
  const found: string[] = [];
  for (const name of ["processor", "processors", "kernel", "node"] as const) {
    const [a, b] = [before.machine[name], after.machine[name]];
    if (a !== b) found.push(`${name} differs: ${a}, then ${b}`);
  }
  if (before.quick !== after.quick) found.push("one of the two is a quick run");
  return found;
}
