/** `npm run conformance`: Open vSwitch's own suites against our ovs-vswitchd. See README.md. */
import { join } from "node:path";
import { CommandError, EXIT_FAILED, EXIT_INTERRUPTED } from "../../src/control/command-error.ts";
import { installPackages } from "../../src/lab/ovn/packages.ts";
import { type Arguments, parseArguments, selectTests, USAGE } from "./arguments.ts";
import { lost, readPassing, updated, writePassing } from "./passing.ts";
import { checkRequirements, missingPackages } from "./requirements.ts";
import { OUR_DAEMON, type RunSettings } from "./run-test.ts";
import { runLostAgain, runTests } from "./run-tests.ts";
import { sampleOf } from "./sample.ts";
import { unpackedSource } from "./source.ts";
import { type SuiteName, suiteTests } from "./suite.ts";
import { outcomeLine, resultTable } from "./table.ts";

const REAL_DAEMON = "/usr/sbin/ovs-vswitchd";

/** @returns whether a listed test was lost. */
async function runSuite(suite: SuiteName, wanted: Arguments, signal: AbortSignal): Promise<boolean> {
  const tests = suiteTests(suite);
  const listed = readPassing(suite);
  const sample = new Set(wanted.sample ? sampleOf(suite) : []);
  const numbers = selectTests(wanted.selection, tests)
    .filter((number) => !wanted.passing || listed.has(number))
    .filter((number) => !wanted.sample || sample.has(number));
  const settings: RunSettings = {
    suite,
    source: await unpackedSource(wanted.scratch),
    logs: join(wanted.scratch, `${suite}-${process.pid}`),
    daemon: wanted.daemon === "real" ? REAL_DAEMON : (wanted.daemon ?? OUR_DAEMON),
    limit: wanted.limit,
    signal,
  };
  console.log(`${suite}: ${numbers.length} tests of ${settings.daemon}`);
  const print = (outcome: Parameters<typeof outcomeLine>[0]) =>
    console.log(outcomeLine(outcome, tests.get(outcome.number)));
  const outcomes = await runTests(numbers, wanted.jobs, settings, print);
  if (wanted.check) await runLostAgain(outcomes, listed, settings, print);

  console.log(`\n${resultTable(suite, tests, outcomes)}`);
  if ([...outcomes.values()].some(({ result }) => result === "failed")) {
    console.log(`logs of failed tests: ${settings.logs}`);
  }
  const gone = lost(listed, outcomes);
  if (gone.length > 0) console.log(`listed as passing, and lost: ${gone.join(" ")}`);
  if (wanted.update) writePassing(suite, updated(listed, outcomes), tests);
  return gone.length > 0;
}

async function main(words: readonly string[]): Promise<number> {
  const wanted = parseArguments(words);
  if (wanted.help) {
    console.log(USAGE);
    return 0;
  }
  if (wanted.install) {
    const missing = await missingPackages();
    if (missing.length > 0) await installPackages(missing);
  }
  await checkRequirements();
  const broken = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => broken.abort());
  let anyLost = false;
  try {
    for (const suite of wanted.suites) anyLost = (await runSuite(suite, wanted, broken.signal)) || anyLost;
  } catch (error) {
    if (!broken.signal.aborted) throw error;
    return EXIT_INTERRUPTED;
  }
  return wanted.check && anyLost ? EXIT_FAILED : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  console.error(`conformance: ${error.message}`);
  process.exitCode = error.exitCode;
}
