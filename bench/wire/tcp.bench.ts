/** TCP between two hosts: one connection and eight, with the hosts' transmit offloads on and off. */
import type { Bench, Case } from "../bench.ts";
import type { Bulk } from "../traffic/bulk.ts";
import { runClient, withServers } from "../traffic/programs.ts";
import { CONGESTION_CONTROL } from "../traffic/sockets.ts";
import { checkBytes } from "./bytes.ts";
import { compareOnWire } from "./compare.ts";
import { loadMetrics, type Work, withLoad } from "./load.ts";
import type { WireContestant } from "./rig.ts";

const RECEIVED = "received";
const PORT = "9000";
/** Seconds at the start that do not count: slow start. */
const WARM_UP = 0.3;

interface TcpCase extends Case {
  readonly connections: number;
  readonly offloads: boolean;
}

const bench: Bench = {
  title: "TCP from host to host",
  async measure(session) {
    const seconds = session.quick ? 0.6 : 5;
    session.setting("seconds", seconds);
    session.setting("seconds before, to warm up", WARM_UP);
    session.setting("congestion control", CONGESTION_CONTROL);
    const cases = [true, false].flatMap((offloads) =>
      [1, 8].map(
        (connections): TcpCase => ({
          name: `${connections} connection${connections > 1 ? "s" : ""}, offloads ${offloads ? "on" : "off"}`,
          connections,
          offloads,
        }),
      ),
    );
    await compareOnWire(session, {
      cases,
      metrics: [{ name: RECEIVED, unit: "Gbit/s", better: "higher" }, ...loadMetrics("GB")],
      patience: 60,
      measure: async (contestant, { connections, offloads }) => {
        if (!contestant.forwarder.supports(offloads)) return {};
        await contestant.setOffloads(offloads);
        if (connections === 1) await checkBytes(contestant);
        return withLoad(contestant, () => throughput(contestant, connections, seconds));
      },
    });
  },
};
export default bench;

function throughput({ left, right, target }: WireContestant, connections: number, seconds: number): Promise<Work> {
  return withServers([{ namespace: right, words: ["sink", PORT] }], async () => {
    const words = [target, PORT, connections, seconds, WARM_UP].map(String);
    const { bytes, seconds: took, allBytes } = await runClient<Bulk>(left, "bulk.ts", ...words);
    return { figures: { [RECEIVED]: (bytes * 8) / took / 1e9 }, amount: allBytes / 1e9 };
  });
}
