import { describe, expect, it } from "vitest";
import type { CurlResult } from "../../src/lab/curl.ts";
import { reportLines } from "../../src/lab/report.ts";
import { judge } from "../../src/lab/verdict.ts";

const SERVERS = ["i am master", "i am slaver"];

/** One letter a curl: m(aster), s(laver), x = failed, ? = a stranger. `clients` take turns. */
function curls(letters: string, clients = 1): CurlResult[] {
  const texts: Record<string, string | undefined> = { m: SERVERS[0], s: SERVERS[1], "?": "who am i" };
  return [...letters].map((letter, index) => ({
    client: `2.1.1.${10 + (index % clients)}`,
    answer: texts[letter],
    error: letter === "x" ? "timed out" : undefined,
    milliseconds: 1,
  }));
}

describe("judging curls", () => {
  it("passes when all were answered and both servers seen", () => {
    const verdict = judge(curls("mmsmsssmms"), SERVERS, []);
    expect(verdict.faults).toEqual([]);
    expect([...verdict.answers]).toEqual([
      ["i am master", 5],
      ["i am slaver", 5],
    ]);
    expect(verdict.spread).toMatchObject({ statistic: 0, pValue: 1, over: "connections" });
  });

  it("fails a curl that was not answered", () => {
    const verdict = judge(curls("msxmsmsmsm"), SERVERS, []);
    expect(verdict.failed).toBe(1);
    expect(verdict.faults).toEqual(["1 of 10 curls failed"]);
  });

  it("fails when one server was never chosen in ten choices, but not in nine", () => {
    expect(judge(curls("mmmmmmmmmm"), SERVERS, []).faults).toEqual(['"i am slaver" was never chosen in 10 choices']);
    expect(judge(curls("mmmmmmmmm"), SERVERS, []).faults).toEqual([]);
  });

  it("fails an answer of a server that is not behind the load balancer", () => {
    expect(judge(curls("ms?"), SERVERS, []).faults).toEqual(['"who am i" is no server of this load balancer']);
  });

  it("with ip_src one client may see one server only, and must", () => {
    expect(judge(curls("m".repeat(50)), SERVERS, ["ip_src"]).faults).toEqual([]);
    expect(judge(curls("mmms"), SERVERS, ["ip_src"]).faults).toEqual([
      "these clients did not stay with one server: 2.1.1.10",
    ]);
  });

  it("with ip_src the spread is counted over clients", () => {
    const verdict = judge(curls("msmmsmssmmms".repeat(4), 12), SERVERS, ["ip_src"]);
    expect(verdict.faults).toEqual([]);
    expect(verdict.spread).toMatchObject({ over: "clients", degreesOfFreedom: 1 });
    expect(verdict.spread?.statistic).toBeCloseTo((7 - 5) ** 2 / 12, 12);
  });

  it("with ip_src,tp_src a client may meet both", () => {
    expect(judge(curls("msmsmsmsms"), SERVERS, ["ip_src", "tp_src"]).faults).toEqual([]);
  });

  it("with fields that never vary here there is no spread to judge", () => {
    const verdict = judge(curls("m".repeat(20), 4), SERVERS, ["ip_dst"]);
    expect(verdict.faults).toEqual([]);
    expect(verdict.spread).toBeUndefined();
  });
});

describe("the report", () => {
  it("gives totals, the spread with its p-value, and every fault", () => {
    expect(reportLines(judge(curls(`${"m".repeat(20)}${"s".repeat(30)}`), SERVERS, []))).toEqual([
      "50 curls: 50 answered, 0 failed",
      "  i am master  20",
      "  i am slaver  30",
      "spread over connections: chi-square 2.000 (1 degree of freedom), p = 0.157: as even as chance allows",
    ]);
    const faulty = reportLines(judge(curls(`${"m".repeat(39)}x`), SERVERS, []));
    expect(faulty.at(-3)).toContain("p = 4.2e-10: more uneven than chance explains");
    expect(faulty.slice(-2)).toEqual([
      "FAILED: 1 of 40 curls failed",
      'FAILED: "i am slaver" was never chosen in 39 choices',
    ]);
  });
});
