/** The two generated suites of Open vSwitch's source package, and what the real switch makes of their tests. */
import { readFileSync } from "node:fs";

export const SUITES = ["system", "unit"] as const;
export type SuiteName = (typeof SUITES)[number];

/** The generated script below tests/ of the source. */
export const SCRIPTS: Readonly<Record<SuiteName, string>> = {
  system: "system-userspace-testsuite",
  unit: "testsuite",
};

export interface SuiteTest {
  readonly number: number;
  readonly group: string;
  /** What Open vSwitch 3.1.0 itself makes of it; see the head of real-*.tsv. */
  readonly real: "ok" | "failed" | "skipped";
  readonly title: string;
}

/** Lines of a list: no comments, no empty ones; columns split. */
export function rows(text: string): string[][] {
  return text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split("\t"));
}

/** The suite's tests that start ovs-vswitchd, by number. */
export function suiteTests(suite: SuiteName): Map<number, SuiteTest> {
  const text = readFileSync(new URL(`real-${suite}.tsv`, import.meta.url), "utf8");
  return new Map(
    rows(text).map(([number, group, real, title]) => [
      Number(number),
      { number: Number(number), group, real: real as SuiteTest["real"], title },
    ]),
  );
}
