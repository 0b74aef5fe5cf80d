/**
 * What a select group in one pass costs beside our own plain output, over numbers of flows: bursts of one connection, a few
 * connections in turn, and so many that their megaflows, one each for the output, no longer fit the processor's caches.
 */
import type { Bench, Contestant } from "../bench.ts";
import { byFields, DP_HASH, IP_SRC, outputCase, selectCase, TP_SRC } from "./cases.ts";
import { Rig } from "./rig.ts";
import { compareRows, type MemoryRow } from "./rows.ts";

const OUTPUT = "plain output";
const FLOWS = [1, 16, 1_000, 10_000, 100_000, 1_000_000];
const QUICK_MOST = 100_000;
const METHODS = { "select dp_hash": DP_HASH, "select by ip_src,tp_src": byFields(IP_SRC, TP_SRC) };

const bench: Bench = {
  title: "a select group beside plain output, in memory: ns a packet",
  async measure(session) {
    const output: Contestant = { name: OUTPUT, kind: "megaflow" };
    const rows = Object.entries(METHODS).flatMap(([name, method]) =>
      FLOWS.filter((flows) => !session.quick || flows <= QUICK_MOST).map(
        (flows): MemoryRow => ({
          name,
          at: { axis: "flows", value: flows, scale: "log" },
          rig: () => new Rig(selectCase(flows, method)),
          others: { [OUTPUT]: async () => new Rig(outputCase(flows)) },
        }),
      ),
    );
    await compareRows(session, [output], rows);
  },
};
export default bench;
