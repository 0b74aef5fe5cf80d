/** A sample of Open vSwitch's own suites passes on our ovs-vswitchd; `npm run conformance` runs all of them. */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Outcome } from "../conformance/outcome.ts";
import { checkRequirements } from "../conformance/requirements.ts";
import { OUR_DAEMON, type RunSettings } from "../conformance/run-test.ts";
import { runLostAgain, runTests } from "../conformance/run-tests.ts";
import { sampleOf } from "../conformance/sample.ts";
import { unpackedSource } from "../conformance/source.ts";
import { SUITES, suiteTests } from "../conformance/suite.ts";

/** Seconds for one test, and for all of a suite's sample. */
const LIMIT = 120;
const LONGEST = 600;

let scratch: string;
beforeAll(async () => {
  await checkRequirements();
  scratch = mkdtempSync(join(tmpdir(), "megaflow-conformance-"));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.each(SUITES)("the %s suite", (suite) => {
  const tests = suiteTests(suite);
  const sample = sampleOf(suite);
  let outcomes: ReadonlyMap<number, Outcome> = new Map();

  beforeAll(async () => {
    const settings: RunSettings = {
      suite,
      source: await unpackedSource(scratch),
      logs: join(scratch, suite),
      daemon: OUR_DAEMON,
      limit: LIMIT,
    };
    const results = await runTests(sample, availableParallelism(), settings);
    await runLostAgain(results, new Set(sample), settings);
    outcomes = results;
  }, LONGEST * 1000);

  it.each(sample.map((number) => ({ number, title: tests.get(number)!.title })))("passes $number, $title", (test) => {
    expect(outcomes.get(test.number)).toMatchObject({ result: "ok" });
  });
});
