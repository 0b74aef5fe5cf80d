import { expect, it } from "vitest";
import { crossingSentence, crossings } from "../../bench/select/crossing.ts";
import { row } from "./results.ts";

const at = (value: number, a: number, b: number) =>
  row({
    at: { axis: "connections", value, scale: "log" },
    series: [
      { contestant: "a", samples: [a] },
      { contestant: "b", samples: [b] },
    ],
  });

it("lines cross between the points where the other one becomes less", () => {
  const [crossing, ...more] = crossings([1, 100], [1, 4], [2, 2]);
  expect(crossing.at).toBeCloseTo(10, 10);
  expect(crossing.lessAfter).toBe("second");
  expect(more).toEqual([]);
  expect(crossings([1, 10, 100], [1, 1, 1], [2, 2, 2])).toEqual([]);
});

it("the answer is one sentence", () => {
  const crossed = crossingSentence([at(100, 4, 2), at(1, 1, 2)], "a", "b", "with 10 packets");
  expect(crossed).toBe(
    "with 10 packets, from about 10.0 connections on b costs less; at 100 connections a costs 2.00 × b.",
  );
  const parallel = crossingSentence([at(1, 1, 2), at(100, 1, 2)], "a", "b", "with 10 packets");
  expect(parallel).toContain("a costs less than b at every number of connections measured");
  expect(crossingSentence([at(1, 1, 2)], "a", "b", "")).toBeUndefined();
});
