/** The results by group, beside what real Open vSwitch passes. */
import type { Outcome } from "./outcome.ts";
import type { SuiteName, SuiteTest } from "./suite.ts";

const HEAD = ["group", "ran", "real ok", "ok", "failed", "skipped"];

interface Count {
  ran: number;
  real: number;
  ok: number;
  failed: number;
  skipped: number;
}

/** Columns "real ok" and "ok" count the same tests: those of the run that real Open vSwitch passes. */
export function resultTable(
  suite: SuiteName,
  tests: ReadonlyMap<number, SuiteTest>,
  outcomes: ReadonlyMap<number, Outcome>,
): string {
  const groups = new Map<string, Count>();
  const total: Count = { ran: 0, real: 0, ok: 0, failed: 0, skipped: 0 };
  for (const { number, group, real } of tests.values()) {
    const outcome = outcomes.get(number);
    if (!outcome) continue;
    const ofGroup = groups.get(group) ?? { ran: 0, real: 0, ok: 0, failed: 0, skipped: 0 };
    groups.set(group, ofGroup);
    for (const count of [ofGroup, total]) {
      count.ran++;
      if (real === "ok") {
        count.real++;
        if (outcome.result === "ok") count.ok++;
      }
      if (outcome.result === "failed") count.failed++;
      if (outcome.result === "skipped") count.skipped++;
    }
  }
  const line = (name: string, { ran, real, ok, failed, skipped }: Count) => [name, ran, real, ok, failed, skipped];
  const lines = [HEAD, ...[...groups].map(([name, count]) => line(name, count)), line("all", total)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((cells) => String(cells[column]).length)));
  const text = lines.map((cells) =>
    cells
      .map((cell, column) =>
        column === 0 ? String(cell).padEnd(widths[column]) : String(cell).padStart(widths[column]),
      )
      .join("  "),
  );
  return `${text.join("\n")}\n${suite}: ${total.ok} ok of the ${total.real} that real Open vSwitch passes`;
}

/** One line a test: as it ends, and for the list of what failed. */
export function outcomeLine({ number, result, words, seconds }: Outcome, test: SuiteTest | undefined): string {
  const why = words === "" ? "" : ` (${words})`;
  return `${String(number).padStart(5)}  ${result.padEnd(7)} ${seconds.toFixed(1).padStart(5)} s  ${test?.group ?? ""}: ${test?.title ?? ""}${why}`;
}
