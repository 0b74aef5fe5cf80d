import { describe, expect, it } from "vitest";
import type { Json } from "../../src/json-rpc/message.ts";
import { applyDifference, type Datum, DatumError, formatDatum, parseDatum, sameDatum } from "../../src/ovsdb/datum.ts";
import type { ColumnType } from "../../src/ovsdb/schema.ts";

const integer: ColumnType = { key: "integer", min: 1, max: 1 };
const optional: ColumnType = { key: "string", min: 0, max: 1 };
const set: ColumnType = { key: "integer", min: 0, max: Number.POSITIVE_INFINITY };
const references: ColumnType = { key: "uuid", min: 0, max: Number.POSITIVE_INFINITY };
const map: ColumnType = { key: "string", value: "string", min: 0, max: Number.POSITIVE_INFINITY };
const links: ColumnType = { key: "string", value: "uuid", min: 0, max: Number.POSITIVE_INFINITY };
const uuid = "b3efe102-2ed4-4f6b-96e5-168b5983bbca";

const pairs: [name: string, type: ColumnType, wire: Json, value: Datum][] = [
  ["a number", integer, 5, 5],
  ["an optional value that is there", optional, "up", "up"],
  ["one that is not", optional, ["set", []], undefined],
  ["an empty set", set, ["set", []], new Set()],
  ["a set of one, which is written without its brackets", set, 3, new Set([3])],
  ["a set of more", set, ["set", [1, 2]], new Set([1, 2])],
  ["a reference", references, ["uuid", uuid], new Set([uuid])],
  [
    "a map",
    map,
    [
      "map",
      [
        ["a", "b"],
        ["c", ""],
      ],
    ],
    new Map([
      ["a", "b"],
      ["c", ""],
    ]),
  ],
  ["a map of references", links, ["map", [["netdev", ["uuid", uuid]]]], new Map([["netdev", uuid]])],
];

describe("a column's value", () => {
  it.each(pairs)("goes to the wire and back: %s", (_name, type, wire, value) => {
    expect(parseDatum(wire, type)).toEqual(value);
    expect(formatDatum(value, type)).toEqual(wire);
    expect(sameDatum(parseDatum(wire, type), value)).toBe(true);
  });

  it("may name a row that the same transaction makes", () => {
    expect(formatDatum({ row: "datapath" }, references)).toEqual(["named-uuid", "datapath"]);
  });

  it.each<[string, ColumnType, Json]>([
    ["text for a number", integer, "5"],
    ["nothing for a number", integer, ["set", []]],
    ["two values for one", optional, ["set", ["a", "b"]]],
    ["text for a reference", references, uuid],
    ["a set for a map", map, ["set", []]],
    ["a pair of three", map, ["map", [["a", "b", "c"]]]],
  ])("is refused when it does not fit: %s", (_name, type, wire) => {
    expect(() => parseDatum(wire, type)).toThrow(DatumError);
  });

  it.each<[string, ColumnType, Datum, Json, Datum]>([
    ["a set's difference comes and goes", set, new Set([1, 2]), ["set", [2, 3]], new Set([1, 3])],
    [
      "a map's new key",
      map,
      new Map([["a", "1"]]),
      ["map", [["b", "2"]]],
      new Map([
        ["a", "1"],
        ["b", "2"],
      ]),
    ],
    ["a map's key that goes", map, new Map([["a", "1"]]), ["map", [["a", "1"]]], new Map()],
    ["a map's key that changes", map, new Map([["a", "1"]]), ["map", [["a", "2"]]], new Map([["a", "2"]])],
    ["a number is replaced", integer, 4, 5, 5],
    ["an optional value is replaced", optional, "up", ["set", []], undefined],
  ])("takes a difference: %s", (_name, type, old, difference, now) => {
    expect(applyDifference(old, difference, type)).toEqual(now);
  });
});
