/**
 * The fast path alone beside a plain-C prototype of the same: parse, look up, output in memory, batches of 32.
 *
 * "net" is what the prototype does: from a frame in memory to an entry of the transmit queue. "with the packet source" adds the
 * writing of the frames and the receive ring.
 */
import type { Bench } from "../bench.ts";
import { outputCase } from "./cases.ts";
import { NET } from "./rig.ts";
import { compareRows, type MemoryRow } from "./rows.ts";

function row(name: string, plainC: number, flows: number, masks: number, cached: boolean): MemoryRow {
  return { name, rig: outputCase(name, flows, masks, cached), recorded: { [NET]: plainC } };
}

const ROWS: readonly MemoryRow[] = [
  row("exact match, 1 flow", 21, 1, 1, true),
  row("exact match, 1k flows", 22, 1_000, 1, true),
  row("exact match, 100k flows", 130, 100_000, 1, true),
  row("1 mask, no cache", 26, 1_000, 1, false),
  row("5 masks, no cache", 77, 1_000, 5, false),
  row("10 masks, no cache", 100, 1_000, 10, false),
];

const bench: Bench = {
  title: "parse, look up, output in memory, beside plain C: ns a packet",
  measure: (session) => compareRows(session, "plain C, recorded", ROWS),
};
export default bench;
