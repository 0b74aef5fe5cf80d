/** Round trips of 16 bytes, one at a time: what a packet waits for on its way. */
import type { Bench, Case } from "../bench.ts";
import { runClient, withServers } from "../traffic/programs.ts";
import { compareOnWire } from "./compare.ts";

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
    await compareOnWire(session, {
      cases: [
        { name: "UDP", protocol: "udp" },
        { name: "TCP", protocol: "tcp" },
      ] satisfies ProtocolCase[],
      metrics: [
        { name: P50, unit: "µs", better: "lower" },
        { name: P99, unit: "µs", better: "lower" },
      ],
      patience: 35,
      measure: ({ left, right, target }, { protocol }) =>
        withServers([{ namespace: right, words: [`${protocol}-echo`, String(PORT)] }], async () => {
          const words = [protocol, target, String(PORT), String(count)];
          const { p50, p99 } = await runClient<{ p50: number; p99: number }>(left, "ping-pong.ts", ...words);
          return { [P50]: p50, [P99]: p99 };
        }),
    });
  },
};
export default bench;
