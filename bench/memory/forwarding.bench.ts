/**
 * The fast path alone beside a plain-C prototype of the same: parse, look up, output in memory, batches of 32.
 *
 * "net" is what the prototype does: from a frame in memory to an entry of the transmit queue. "with the packet source" adds the
 * writing of the frames and the receive ring.
 */
import type { Bench } from "../bench.ts";
import { outputCase } from "./cases.ts";
import { NET, Rig } from "./rig.ts";
import { compareRows, type MemoryRow } from "./rows.ts";

const PLAIN_C = "plain C, recorded";

function row(axis: "flows" | "masks", value: number, plainC: number): MemoryRow {
  return {
    name: axis === "flows" ? "exact match" : "1,000 flows, no cache",
    at: { axis, value, scale: "log" },
    rig: () => new Rig(axis === "flows" ? outputCase(value) : outputCase(1000, value, false)),
    recorded: { [PLAIN_C]: { [NET]: plainC } },
  };
}

const ROWS: readonly MemoryRow[] = [
  row("flows", 1, 21),
  row("flows", 1_000, 22),
  row("flows", 100_000, 130),
  row("masks", 1, 26),
  row("masks", 5, 77),
  row("masks", 10, 100),
];

const bench: Bench = {
  title: "parse, look up, output in memory, beside plain C: ns a packet",
  measure: (session) => compareRows(session, [{ name: PLAIN_C, kind: "limit" }], ROWS),
};
export default bench;
