/** Round trips of 16 bytes, one at a time: what a packet waits for on its way. */
import type { Bench, Case } from "../bench.ts";
import { PINNING } from "../contestants/processors.ts";
import { runClient, startServer } from "../traffic/programs.ts";
import { QUICK_LEAVES_OUT, wireContestants } from "./contestants.ts";

const P50 = "round trip p50";
const P99 = "round trip p99";
const PORT = 9000;

interface ProtocolCase extends Case {
  readonly protocol: "udp" | "tcp";
}

const bench: Bench = {
  title: "round trips from host to host",
  async measure(session) {
    const count = session.quick ? 2000 : 20_000;
    session.setting("round trips", count);
    session.setting("processors", PINNING);
    if (session.quick) session.note(QUICK_LEAVES_OUT);
    await session.compare({
      contestants: wireContestants(session),
      cases: [
        { name: "UDP", protocol: "udp" },
        { name: "TCP", protocol: "tcp" },
      ] satisfies ProtocolCase[],
      metrics: [
        { name: P50, unit: "µs", better: "lower" },
        { name: P99, unit: "µs", better: "lower" },
      ],
      rounds: session.quick ? 3 : 5,
      patience: session.quick ? 35 : undefined,
      warmups: 0,
      measure: async ({ left, right, target }, { protocol }) => {
        const server = await startServer(right, `${protocol}-echo`, String(PORT));
        try {
          const words = [protocol, target, String(PORT), String(count)];
          const { p50, p99 } = await runClient<{ p50: number; p99: number }>(left, "ping-pong.ts", ...words);
          return { [P50]: p50, [P99]: p99 };
        } finally {
          server.kill();
        }
      },
    });
  },
};
export default bench;
