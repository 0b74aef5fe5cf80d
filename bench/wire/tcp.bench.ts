/** TCP between two hosts by iperf3: one connection and eight, with the hosts' transmit offloads on and off. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { inNamespace, runInNamespace } from "../../src/lab/namespaces.ts";
import { type Bench, type Case, check } from "../bench.ts";
import { onOtherCore, PINNING } from "../contestants/processors.ts";
import { installed } from "../install.ts";
import { checkBytes } from "./bytes.ts";
import { wireContestants } from "./contestants.ts";
import { loadMetrics, type Work, withLoad } from "./load.ts";
import type { WireContestant } from "./rig.ts";

const RECEIVED = "received";
/** Seconds at the start that do not count: slow start. */
const OMITTED = 1;

interface TcpCase extends Case {
  readonly connections: number;
  readonly offloads: boolean;
}

const bench: Bench = {
  title: "TCP from host to host",
  async measure(session) {
    if (!installed("iperf3")) throw new Error("needs the Debian package iperf3");
    const seconds = session.quick ? 1 : 5;
    session.setting("seconds", seconds);
    session.setting("processors", PINNING);
    const cases = [1, 8].flatMap((connections) =>
      [true, false].map(
        (offloads): TcpCase => ({
          name: `${connections} connection${connections > 1 ? "s" : ""}, offloads ${offloads ? "on" : "off"}`,
          connections,
          offloads,
        }),
      ),
    );
    await session.compare({
      contestants: wireContestants(),
      cases,
      metrics: [{ name: RECEIVED, unit: "Gbit/s", better: "higher" }, ...loadMetrics("GB")],
      rounds: session.quick ? 1 : 5,
      warmups: 0,
      measure: async (contestant, { connections, offloads }) => {
        if (!contestant.supports(offloads)) return {};
        await contestant.setOffloads(offloads);
        await checkBytes(contestant);
        return withLoad(contestant, () => throughput(contestant, connections, seconds));
      },
    });
  },
};
export default bench;

async function throughput(
  { left, right, target }: WireContestant,
  connections: number,
  seconds: number,
): Promise<Work> {
  const [program, ...words] = inNamespace(right, onOtherCore(["iperf3", "-s", "-1", "--forceflush"]));
  const server = spawn(program, words, { stdio: ["ignore", "pipe", "ignore"] });
  try {
    await once(server.stdout, "data");
    const client = [
      "iperf3",
      "-c",
      target,
      "-P",
      String(connections),
      "-t",
      String(seconds),
      "-O",
      String(OMITTED),
      "--json",
    ];
    const report = JSON.parse(await runInNamespace(left, onOtherCore(client)));
    const bits = report.end?.sum_received?.bits_per_second as number | undefined;
    check(bits !== undefined && bits > 0, `nothing arrived: ${report.error ?? "iperf3 says no more"}`);
    return { figures: { [RECEIVED]: bits / 1e9 }, amount: report.end.sum_received.bytes / 1e9 };
  } finally {
    server.kill();
  }
}
