/** Frames a second from one host to another; what counts is what arrives, and that the rest is accounted for. */
import type { Bench, Case } from "../bench.ts";
import { noteCeiling } from "../ceiling.ts";
import { compareOnWire } from "./compare.ts";
import { frameRate } from "./frame-rate.ts";
import { loadMetrics, withLoad } from "./load.ts";

const ARRIVED = "frames that arrive";
const LOST = "frames lost on the way";

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
    for (const row of rows.filter(({ metric }) => metric === ARRIVED)) noteCeiling(session, row);
  },
};
export default bench;
