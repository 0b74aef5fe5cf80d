/** What one test came to, read from what its suite printed. */

export interface Outcome {
  readonly number: number;
  readonly result: "ok" | "failed" | "skipped";
  /** The suite's words: where it failed, why it was skipped. */
  readonly words: string;
  readonly seconds: number;
}

/**
 * @param output what the suite's run of this one test printed; undefined when it was ended at its time limit.
 *   The result stands at the end of the test's line, which a long title pushes far to the right; a test that
 *   printed none (the suite itself broke) failed.
 */
export function parseOutcome(number: number, output: string | undefined, seconds: number): Outcome {
  if (output === undefined) return { number, result: "failed", words: "time limit", seconds };
  const found = new RegExp(
    `^ *${number}: .*?\\b(ok|skipped|FAILED|expected failure|UNEXPECTED PASS)(?: \\((.*)\\))?$`,
    "m",
  ).exec(output);
  if (!found) return { number, result: "failed", words: "no result", seconds };
  const [, word, words = ""] = found;
  const result = word === "ok" ? "ok" : word === "skipped" ? "skipped" : "failed";
  return { number, result, words, seconds };
}
