/** Frames a second from one host to another; what counts is what arrives, and that the rest is accounted for. */
import type { Bench, Case } from "../bench.ts";
import { PINNING } from "../contestants/processors.ts";
import { median } from "../statistics.ts";
import { figure, samplesOf } from "../table.ts";
import { QUICK_LEAVES_OUT, wireContestants } from "./contestants.ts";
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
    session.setting("processors", PINNING);
    if (session.quick) session.note(QUICK_LEAVES_OUT);
    const contestants = wireContestants(session);
    const rows = await session.compare({
      contestants,
      cases: [60, 512, 1500].map((bytes): FrameCase => ({ name: `${bytes}-byte frames`, bytes })),
      metrics: [
        { name: ARRIVED, unit: "kpps", better: "higher" },
        { name: LOST, unit: "% of those sent", better: "neither", detail: true },
        ...loadMetrics("million frames"),
      ],
      rounds: session.quick ? 3 : 5,
      patience: session.quick ? 50 : undefined,
      warmups: 0,
      measure: (contestant, { bytes }) =>
        withLoad(contestant, async () => {
          const { arrived, arrivedRate, lostShare } = await frameRate(contestant, { bytes, seconds, flows: 1 });
          return { figures: { [ARRIVED]: arrivedRate / 1000, [LOST]: 100 * lostShare }, amount: arrived / 1e6 };
        }),
    });
    const limit = contestants.find(({ kind }) => kind === "limit")!.name;
    for (const row of rows.filter(({ metric }) => metric === ARRIVED)) {
      const ceiling = samplesOf(row, limit);
      if (ceiling === undefined) continue;
      const near = row.series.filter(({ samples }) => samples.length > 0 && median(samples) > NEAR * median(ceiling));
      const names = near.map(({ contestant }) => contestant).filter((name) => name !== limit);
      const bound = names.length > 0 ? `; ${names.join(", ")} may be held back by it` : "";
      session.note(`${row.case}: the generator makes ${figure(median(ceiling))} kpps without a switch${bound}.`);
    }
  },
};
export default bench;
