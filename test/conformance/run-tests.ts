/** Many tests, some at a time. */
import type { Outcome } from "./outcome.ts";
import { type RunSettings, runTest } from "./run-test.ts";

/** @param report called after each test. @throws AbortError when the settings' signal ends the run. */
export async function runTests(
  numbers: readonly number[],
  jobs: number,
  settings: RunSettings,
  report: (outcome: Outcome) => void = () => undefined,
): Promise<Map<number, Outcome>> {
  const waiting = [...numbers];
  const outcomes = new Map<number, Outcome>();
  const work = async () => {
    for (let number = waiting.shift(); number !== undefined; number = waiting.shift()) {
      const outcome = await runTest(number, settings);
      outcomes.set(number, outcome);
      report(outcome);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return outcomes;
}

/** Runs listed tests that did not pass once more, one at a time: a busy machine may have starved them. */
export async function runLostAgain(
  outcomes: Map<number, Outcome>,
  listed: ReadonlySet<number>,
  settings: RunSettings,
  report?: (outcome: Outcome) => void,
): Promise<void> {
  const again = [...outcomes.values()].filter(({ number, result }) => listed.has(number) && result !== "ok");
  const numbers = again.map(({ number }) => number);
  for (const [number, outcome] of await runTests(numbers, 1, settings, report)) outcomes.set(number, outcome);
}
