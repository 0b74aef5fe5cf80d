/** The sample that continuous integration runs: of each suite some tests of each group, about three minutes in all. */
import { readFileSync } from "node:fs";
import { rows, type SuiteName } from "./suite.ts";

/** Numbers of sample.tsv, whose lines are: suite, number, title. */
export function sampleOf(suite: SuiteName): number[] {
  const text = readFileSync(new URL("sample.tsv", import.meta.url), "utf8");
  return rows(text)
    .filter(([name]) => name === suite)
    .map(([, number]) => Number(number));
}
