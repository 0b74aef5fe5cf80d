import { beforeEach, describe, expect, it } from "vitest";
import { parseSubfield } from "../../../src/slowpath/flow/subfield.ts";
import { BridgeTables } from "../../../src/slowpath/tables/bridge-tables.ts";
import type { TableSettings } from "../../../src/slowpath/tables/flow-table.ts";
import { formatFlow, parseFlowLine } from "../../../src/slowpath/tables/flow-text.ts";
import type { RemovalReason } from "../../../src/slowpath/tables/transaction.ts";

let tables: BridgeTables;
let now: number;

beforeEach(() => {
  tables = new BridgeTables();
  now = 1000;
});

function limit(flowLimit: number, evicts: boolean, ...groups: string[]): RemovalReason[] {
  const settings: TableSettings = { name: "", flowLimit, evicts, groups: groups.map(parseSubfield) };
  return [...tables.configure(0, settings, now).removed.values()];
}
const add = (...lines: string[]): void => {
  for (const line of lines) tables.apply([parseFlowLine(`${line} actions=drop`)], ++now);
};
/** What distinguishes the rules of these tests. */
const left = (): string[] =>
  [...tables.rules()].map((rule) => /(in_port=\d+(,dl_vlan=\d+)?)/.exec(formatFlow(rule))?.[1] ?? "").sort();

describe("a full table", () => {
  it("takes no more rules, but another one in a rule's place", () => {
    limit(2, false);
    add("in_port=1", "in_port=2");
    expect(() => add("in_port=3")).toThrow("OFPFMFC_TABLE_FULL");
    add("in_port=2,cookie=9");
    expect(left()).toEqual(["in_port=1", "in_port=2"]);
  });

  it("gives up the rule that would end first, never one that would not end", () => {
    limit(3, true);
    add("in_port=1", "in_port=2,idle_timeout=20", "in_port=3,hard_timeout=10");
    add("in_port=4,idle_timeout=30", "in_port=5");
    expect(left()).toEqual(["in_port=1", "in_port=4", "in_port=5"]);
    add("in_port=6");
    expect(() => add("in_port=7")).toThrow("OFPFMFC_TABLE_FULL");
  });

  it("gives up the least important rule first", () => {
    limit(2, true);
    add("in_port=1,importance=5,idle_timeout=10", "in_port=2,importance=1,idle_timeout=100", "in_port=3");
    expect(left()).toEqual(["in_port=1", "in_port=3"]);
  });

  it("takes from whoever has most, where groups are told apart", () => {
    limit(3, true, "NXM_OF_IN_PORT[]");
    add("in_port=1,idle_timeout=10", "in_port=2,dl_vlan=1,idle_timeout=60", "in_port=2,dl_vlan=2,idle_timeout=50");
    add("in_port=3,idle_timeout=10");
    expect(left()).toEqual(["in_port=1", "in_port=2,dl_vlan=1", "in_port=3"]);
  });

  it("evicts when the limit comes later than the rules, and says why", () => {
    add("in_port=1,idle_timeout=10", "in_port=2,idle_timeout=20", "in_port=3");
    expect(limit(1, true)).toEqual(["eviction", "eviction"]);
    expect(left()).toEqual(["in_port=3"]);
  });

  it("is as it was when a list of changes is refused after an eviction", () => {
    limit(1, true);
    add("in_port=1,idle_timeout=10");
    const lines = ["in_port=2 actions=drop", "in_port=3 actions=drop"];
    expect(() =>
      tables.apply(
        lines.map((line) => parseFlowLine(line)),
        now,
      ),
    ).toThrow("OFPFMFC_TABLE_FULL");
    expect(left()).toEqual(["in_port=1"]);
  });
});
