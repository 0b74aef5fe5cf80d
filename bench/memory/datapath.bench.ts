/**
 * The rows that were recorded of OVS 3.1 with DPDK: one polling core, 60-byte frames from a source in memory. OVS's source alone
 * cost 50, 75 and 102 ns at 1, 10k and 100k flows; "net of it" is without.
 */
import type { Bench } from "../bench.ts";
import {
  byFields,
  DP_HASH,
  establishedCase,
  IP_SRC,
  outputCase,
  recirculatedSelectCase,
  selectCase,
  TP_SRC,
  translatedCase,
} from "./cases.ts";
import { NET, type RigCase, WITH_SOURCE } from "./rig.ts";
import { compareRows, type MemoryRow } from "./rows.ts";

const SOURCE = new Map([
  [1, 50],
  [10_000, 75],
  [100_000, 102],
]);

function rowsOf(
  name: string,
  recorded: readonly (readonly [number, number])[],
  make: (name: string, flows: number) => RigCase,
) {
  return recorded.map(([flows, ovs]): MemoryRow => {
    const title = `${name}, ${flows.toLocaleString("en")}`;
    return { name: title, rig: make(title, flows), recorded: { [WITH_SOURCE]: ovs, [NET]: ovs - SOURCE.get(flows)! } };
  });
}

/** Figures at 1, 10 000 and 100 000 flows. */
const at = (one: number, tenThousand: number, hundredThousand: number) =>
  [
    [1, one],
    [10_000, tenThousand],
    [100_000, hundredThousand],
  ] as const;

const masks = (count: number, ovs: number) =>
  rowsOf(`${count} masks, no cache`, [[100_000, ovs]], (name, flows) => outputCase(name, flows, count, false));

const ROWS: readonly MemoryRow[] = [
  ...rowsOf("output, cache", at(74, 227, 246), (name, flows) => outputCase(name, flows)),
  ...rowsOf("1 mask, no cache", at(114, 128, 191), (name, flows) => outputCase(name, flows, 1, false)),
  ...masks(10, 303),
  ...masks(30, 948),
  ...masks(128, 2600),
  ...masks(512, 15_000),
  ...masks(2048, 41_000),
  ...rowsOf("ct established", at(275, 772, 1032), establishedCase),
  ...rowsOf("ct DNAT established", at(339, 1859, 1462), translatedCase),
  ...rowsOf("select dp_hash, one pass", at(106, 319, 448), (name, flows) => selectCase(name, flows, DP_HASH)),
  ...rowsOf("select dp_hash, recirculated", at(106, 319, 448), recirculatedSelectCase),
  ...rowsOf("select ip_src", at(86, 188, 240), (name, flows) => selectCase(name, flows, byFields(IP_SRC))),
  ...rowsOf(
    "select ip_src,tp_src",
    [
      [1, 86],
      [10_000, 516],
    ],
    (name, flows) => selectCase(name, flows, byFields(IP_SRC, TP_SRC)),
  ),
];

const bench: Bench = {
  title: "in memory beside OVS with DPDK: ns a packet",
  measure: (session) => compareRows(session, "OVS-DPDK, recorded", ROWS),
};
export default bench;
