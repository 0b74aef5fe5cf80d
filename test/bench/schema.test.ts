import { describe, expect, it } from "vitest";
import { parseResults, resultFaults, resultsText } from "../../bench/schema.ts";
import { results, row } from "./results.ts";

describe("results of the benchmarks", () => {
  it("come back from JSON as they were", () => {
    const made = results([row()]);
    expect(parseResults(JSON.stringify(made), "a.json")).toEqual(made);
  });

  it("come back from the text that is written, short as it is", () => {
    const made = results([row({ series: [{ contestant: "ours [1, 2]", samples: [1 / 3, 2e9, 3] }] })]);
    const text = resultsText(made);
    expect(text).toContain("[0.3333333, 2000000000, 3]");
    expect(parseResults(text, "a.json").benches[0].rows[0].series[0].contestant).toBe("ours [1, 2]");
    expect(() => parseResults(text, "a.json")).not.toThrow();
  });

  it.each([
    ["no JSON", "{", "a.json is not JSON"],
    ["another format", '{"format":"other"}', 'no "format": "megaflow-bench"'],
    ["another version", JSON.stringify({ ...results([]), version: 99 }), "has version 99"],
    ["no benches", JSON.stringify({ ...results([]), benches: undefined }), "benches or machine are missing"],
  ])("are refused when the file is %s", (_, text, sentence) => {
    expect(() => parseResults(text, "a.json")).toThrow(sentence);
  });

  it.each([
    ["has neither samples nor a failure", [{ contestant: "ours", samples: [] }]],
    ["failed and has samples", [{ contestant: "ours", samples: [1], failure: "lost" }]],
    ["has a sample that is no number", [{ contestant: "ours", samples: [Number.NaN] }]],
    ["has no contestant", []],
    [
      "names a contestant twice",
      [
        { contestant: "ours", samples: [1] },
        { contestant: "ours", samples: [2] },
      ],
    ],
  ])("are refused when a row %s", (fault, series) => {
    expect(resultFaults(results([row({ series })])).join()).toContain(fault);
  });
});
