/** Prints "N passed, N failed" from vitest's JSON results; what did not run did not pass. Status 0 when nothing failed. */
import { existsSync, readFileSync } from "node:fs";

interface Results {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly unknown[];
  }[];
}

const [file, otherFaults] = process.argv.slice(2);
let passed = 0;
let failed = Number(otherFaults);
if (existsSync(file)) {
  const results = JSON.parse(readFileSync(file, "utf8")) as Results;
  // A file that could not even be loaded counts as one failed test.
  const broken = results.testResults.filter(
    (suite) => suite.status === "failed" && suite.assertionResults.length === 0,
  );
  for (const { name } of broken) console.log(`failed: ${name} could not be run`);
  const skipped = results.numPendingTests + results.numTodoTests;
  if (skipped > 0) console.log(`failed: ${skipped} tests were skipped`);
  passed = results.numPassedTests;
  failed += results.numFailedTests + skipped + broken.length;
}
if (passed === 0 && failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
