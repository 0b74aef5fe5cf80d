/** Frames a second from one host to another; what counts is what arrives, and that the rest is accounted for. */
import type { Bench, Case } from "../bench.ts";
import { CEILING } from "../contestants/kernel.ts";
import { median } from "../statistics.ts";
import { figure, samplesOf } from "../table.ts";
import { compareOnWire } from "./compare.ts";
import { frameRate } from "./frame-rate.ts";
import { loadMetrics, withLoad } from "./load.ts";

const ARRIVED = "frames that arrive";
const LOST = "frames lost on the way";
/** A contestant this near to the generator's ceiling may be faster than its figure says. */
const NEAR = 0.9;

interface FrameCase extends Case {
  readonly bytes: number;
}

const bench: Bench = {
  title: "frames a second from host to host, one flow",
  async measure(session) {
    const seconds = session.quick ? 0.5 : 4;
    session.setting("seconds", seconds);
    const rows = await compareOnWire(session, {
      cases: [60, 512, 1500].map((bytes): FrameCase => ({ name: `${bytes}-byte frames`, bytes })),
      metrics: [
        { name: ARRIVED, unit: "kpps", better: "higher" },
        { name: LOST, unit: "% of those sent", better: "neither", detail: true },
        ...loadMetrics("million frames"),
      ],
      patience: 50,
      measure: (contestant, { bytes }) =>
        withLoad(contestant, async () => {
          const { arrived, arrivedRate, lostShare } = await frameRate(contestant, { bytes, seconds, flows: 1 });
          return { figures: { [ARRIVED]: arrivedRate / 1000, [LOST]: 100 * lostShare }, amount: arrived / 1e6 };
        }),
    });
    for (const row of rows.filter(({ metric }) => metric === ARRIVED)) {
      const ceiling = samplesOf(row, CEILING);
      if (ceiling === undefined) continue;
      const near = row.series.filter(({ samples }) => samples.length > 0 && median(samples) > NEAR * median(ceiling));
      const names = near.map(({ contestant }) => contestant).filter((name) => name !== CEILING);
      const bound = names.length > 0 ? `; ${names.join(", ")} may be held back by it` : "";
      session.note(`${row.case}: the generator makes ${figure(median(ceiling))} kpps without a switch${bound}.`);
    }
  },
};
export default bench;
