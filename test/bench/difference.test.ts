import { describe, expect, it } from "vitest";
import { compareResults } from "../../bench/difference.ts";
import { results, row } from "./results.ts";

const of = (samples: readonly number[], change: Parameters<typeof row>[0] = {}) =>
  results([row({ series: [{ contestant: "ours", samples }], ...change })]);

describe("two results side by side", () => {
  it("differ when all rounds of one lie above all of the other", () => {
    const { differences, compared } = compareResults(of([10, 11, 12, 13, 14]), of([20, 21, 22, 23, 24]));
    expect(compared).toBe(1);
    expect(differences).toMatchObject([{ verdict: "faster", before: 12, after: 22, contestant: "ours" }]);
  });

  it("are slower when less is better and there is more", () => {
    const { differences } = compareResults(
      of([1, 2, 3, 4, 5], { better: "lower" }),
      of([6, 7, 8, 9, 10], { better: "lower" }),
    );
    expect(differences.map(({ verdict }) => verdict)).toEqual(["slower"]);
  });

  it("do not differ within noise", () => {
    const { differences } = compareResults(of([10, 12, 14, 16, 18]), of([11, 13, 15, 17, 19]));
    expect(differences).toEqual([]);
  });

  it("do not differ by what is sure but does not matter", () => {
    const { differences } = compareResults(of([1000, 1001, 1002, 1003, 1004]), of([1005, 1006, 1007, 1008, 1009]));
    expect(differences).toEqual([]);
  });

  it("cannot be told apart by too few rounds, and say so", () => {
    expect(compareResults(of([1, 2, 3]), of([7, 8, 9]))).toMatchObject({
      differences: [],
      compared: 0,
      undecidable: 1,
    });
  });

  it("count what only one of them has, and warn when machines differ", () => {
    const other = of([1, 2, 3, 4, 5], { case: "other" });
    const found = compareResults(of([1, 2, 3, 4, 5]), { ...other, machine: { ...other.machine, kernel: "7.0" } });
    expect(found.unmatched).toBe(2);
    expect(found.warnings).toEqual(["kernel differs: 6.0, then 7.0"]);
  });
});
