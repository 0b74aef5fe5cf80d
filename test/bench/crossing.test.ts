import { describe, expect, it } from "vitest";
import { answer, type PacketsRows, ratioRows, rowsOverPackets } from "../../bench/select/answer.ts";
import { crossings } from "../../bench/select/crossings.ts";
import { row } from "./results.ts";

const at = (value: number, dpHash: number, fields: number) =>
  row({
    at: { axis: "connections", value, scale: "log" },
    series: [
      { contestant: "dp_hash", samples: [dpHash] },
      { contestant: "fields", samples: [fields] },
    ],
  });

it("lines cross between the points where the other one becomes less", () => {
  const [crossing, ...more] = crossings([1, 100], [1, 4], [2, 2]);
  expect(crossing.at).toBeCloseTo(10, 10);
  expect(crossing.lessAfter).toBe("second");
  expect(more).toEqual([]);
  expect(crossings([1, 10, 100], [1, 1, 1], [2, 2, 2])).toEqual([]);
});

describe("dp_hash against fields", () => {
  const all: PacketsRows[] = [
    { packets: 1, rows: [at(100, 1, 4), at(1, 4, 1)] },
    { packets: 1000, rows: [at(1, 4, 2), at(100, 4, 2)] },
  ];
  const asOvs = ratioRows("ratio", all, "fields", "dp_hash");

  it("is one picture: a line for each number of packets, and where it crosses 1", () => {
    expect(
      asOvs.map(({ at, level, series }) => [at?.value, level, ...series.map(({ samples }) => samples[0])]),
    ).toEqual([
      [1, 1, 0.25, 0.5],
      [100, 1, 4, 0.5],
    ]);
  });

  it("is one sentence", () => {
    expect(answer(all, asOvs, asOvs)).toBe(
      "As OVS does both, choosing by ip_src,tp_src costs more than dp_hash from about 10 connections of 1 packet on, " +
        "at no number of connections of 1,000 packets, and at most 4.00 × as much (100 connections of 1 packet); " +
        "in one pass, as Megaflow does unless told otherwise, it costs 0.250 to 4.00 × as much, in the middle 0.500 ×.",
    );
  });

  it("is shown over the packets of a connection, too", () => {
    const rows = rowsOverPackets("time", all, 100);
    expect(rows.map(({ at, case: name }) => [at?.value, name])).toEqual([
      [1, "100 connections"],
      [1000, "100 connections"],
    ]);
    expect(rowsOverPackets("time", all, 7)).toEqual([]);
  });
});
