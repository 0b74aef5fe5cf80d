/**
 * The list of tests that our ovs-vswitchd passes, kept as data beside this file: number and title, in the suite's order.
 *
 * Invariants: a run changes only the lines of tests that it ran.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Outcome } from "./outcome.ts";
import { rows, type SuiteName, type SuiteTest } from "./suite.ts";

const HEAD = "# Tests of Open vSwitch's own suite that src/cli/ovs-vswitchd passes: number, title.\n";

const fileOf = (suite: SuiteName): URL => new URL(`passing-${suite}.tsv`, import.meta.url);

export function readPassing(suite: SuiteName): Set<number> {
  const file = fileOf(suite);
  if (!existsSync(file)) return new Set();
  return new Set(rows(readFileSync(file, "utf8")).map(([number]) => Number(number)));
}

/** The list after a run: what passed is in it, what failed is not, what did not run stays as it was. */
export function updated(before: ReadonlySet<number>, outcomes: ReadonlyMap<number, Outcome>): Set<number> {
  const after = new Set(before);
  for (const [number, { result }] of outcomes) {
    if (result === "ok") after.add(number);
    else after.delete(number);
  }
  return after;
}

/** Listed tests that ran and did not pass. */
export function lost(listed: ReadonlySet<number>, outcomes: ReadonlyMap<number, Outcome>): number[] {
  return [...outcomes.values()]
    .filter(({ number, result }) => listed.has(number) && result !== "ok")
    .map(({ number }) => number)
    .sort((a, b) => a - b);
}

export function writePassing(
  suite: SuiteName,
  passing: ReadonlySet<number>,
  tests: ReadonlyMap<number, SuiteTest>,
): void {
  const lines = [...passing].sort((a, b) => a - b).map((number) => `${number}\t${tests.get(number)?.title ?? ""}\n`);
  writeFileSync(fileOf(suite), HEAD + lines.join(""));
}
