/** What the runner makes of words, outputs and lists; the suites themselves run in test/system/conformance.test.ts. */
import { describe, expect, it } from "vitest";
import { parseArguments, selectTests } from "./arguments.ts";
import { type Outcome, parseOutcome } from "./outcome.ts";
import { lost, readPassing, updated } from "./passing.ts";
import { sampleOf } from "./sample.ts";
import { SUITES, suiteTests } from "./suite.ts";
import { resultTable } from "./table.ts";

const outcome = (number: number, result: Outcome["result"]): Outcome => ({ number, result, words: "", seconds: 1 });
const outcomes = (...list: Outcome[]) => new Map(list.map((one) => [one.number, one]));

describe("the outcome of a test", () => {
  it.each([
    ["  1: datapath - ping between two ports            ok\n", "ok", ""],
    [
      " 65: conntrack - a long title\n  65: internal ports   skipped (system-traffic.at:2)\n",
      "skipped",
      "system-traffic.at:2",
    ],
    ["119: conntrack - SNAT with exhaustion    FAILED (system-traffic.at:4931)\n", "failed", "system-traffic.at:4931"],
    ["119: conntrack - SNAT with exhaustion    ", "failed", "no result"],
    [undefined, "failed", "time limit"],
  ])("%j is %s", (output, result, words) => {
    const number = Number(/[0-9]+/.exec(output ?? "7")?.[0]);
    expect(parseOutcome(number, output, 2)).toEqual({ number, result, words, seconds: 2 });
  });
});

describe("the words of a command line", () => {
  const tests = suiteTests("system");

  it("select by number, range and group, in the suite's order", () => {
    expect(selectTests(["nsh", "3", "9-10"], tests)).toEqual([3, 9, 10, 158, 159, 160, 161]);
    expect(selectTests([], tests)).toHaveLength(170);
  });

  it("that select nothing are refused, with the groups there are", () => {
    expect(() => selectTests(["ct-nta"], tests)).toThrow(/no test .* is "ct-nta"; groups: l2, vlan, .*ct-nat/);
    expect(() => selectTests(["900"], tests)).toThrow(/no test/);
    expect(() => parseArguments(["ct-nat"])).toThrow(/no suite/);
    expect(() => parseArguments(["--jobs", "0"])).toThrow(/--jobs/);
  });
});

describe("the list of passing tests", () => {
  it("changes only where a test ran", () => {
    const after = updated(new Set([1, 2, 3]), outcomes(outcome(2, "failed"), outcome(4, "ok"), outcome(5, "skipped")));
    expect([...after].sort()).toEqual([1, 3, 4]);
  });

  it("shows what is lost", () => {
    expect(lost(new Set([1, 2, 3]), outcomes(outcome(2, "failed"), outcome(3, "ok"), outcome(4, "failed")))).toEqual([
      2,
    ]);
  });

  it.each(SUITES)("of the %s suite and its sample name only tests that there are", (suite) => {
    const tests = suiteTests(suite);
    const passing = readPassing(suite);
    expect([...passing].filter((number) => !tests.has(number))).toEqual([]);
    expect(sampleOf(suite).filter((number) => !passing.has(number))).toEqual([]);
  });
});

it("the table counts as ok only what real Open vSwitch passes too", () => {
  // 3 fails with the real switch.
  const ran = outcomes(outcome(1, "ok"), outcome(2, "failed"), outcome(3, "ok"), outcome(4, "skipped"));
  expect(resultTable("system", suiteTests("system"), ran)).toBe(
    [
      "group  ran  real ok  ok  failed  skipped",
      "l2       2        2   1       1        0",
      "vlan     2        0   0       0        1",
      "all      4        2   1       1        1",
      "system: 1 ok of the 2 that real Open vSwitch passes",
    ].join("\n"),
  );
});
