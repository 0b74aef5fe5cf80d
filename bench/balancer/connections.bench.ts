/**
 * The lab's load balancer over the wire: new connections, what one costs, one long connection, round trips, and whether client ports
 * that come back after a while still work.
 */
import type { ChildProcess } from "node:child_process";
import { chiSquare } from "../../src/lab/chi-square.ts";
import { SERVERS, VIP, WEB_PORT } from "../../src/lab/topology.ts";
import { type Bench, type Case, check, type Figures } from "../bench.ts";
import { PINNING, SWITCH_PROCESSOR } from "../contestants/processors.ts";
import { machineSeconds, processSeconds, softirqSeconds } from "../processor-time.ts";
import type { Bulk } from "../traffic/bulk.ts";
import type { Connections } from "../traffic/connections.ts";
import { runClient, startServer } from "../traffic/programs.ts";
import { type BalancerContestant, balancerContestants } from "./contestants.ts";

const RATE = "new connections a second";
const P50 = "connection set-up p50";
const P99 = "connection set-up p99";
const SWITCH = "processor of the switch, 10,000 connections";
const SWITCH_ALONE = "the same without the hosts' stacks (soft interrupts)";
const MACHINE = "processor of the whole machine, 10,000 connections";
const STEADY = "rate of the last tenth over the first";
const BULK = "received";
const TRIP50 = "round trip p50";
const TRIP99 = "round trip p99";

/** Connections under way at a time. */
const IN_FLIGHT = 32;
/** Connections before those that count, after the switch has started: megaflows and compilers settle. */
const WARM_UP = 2000;
/** Seconds of the long connection that do not count: slow start. */
const BULK_WARM_UP = 0.3;
/** A spread over the servers less likely than this is no accident: the wrong server was chosen. */
const LEAST_P = 1e-6;
const PORT = String(WEB_PORT);

interface TrafficCase extends Case {
  measure(contestant: BalancerContestant): Promise<Figures>;
}

const bench: Bench = {
  title: "the load balancer: new connections, their cost, long ones, round trips, ports used again",
  async measure(session) {
    const connections = session.quick ? 2000 : 10_000;
    const reused = session.quick ? 20_000 : 200_000;
    const seconds = session.quick ? 0.6 : 5;
    const trips = session.quick ? 2000 : 20_000;
    session.setting("connections", connections);
    session.setting("connections before, to warm up", WARM_UP);
    session.setting("connections over 14,000 client ports", reused);
    session.setting("connections under way", IN_FLIGHT);
    session.setting("seconds of the long connection", seconds);
    session.setting("round trips", trips);
    session.setting("processors", PINNING);
    session.setting("rules", "the 528 of OVN 23.03, the same for Megaflow and OVS");
    const cases: TrafficCase[] = [
      {
        name: "new connections",
        measure: (contestant) =>
          withServers(contestant, "hello", async () => {
            await open(contestant, WARM_UP);
            const { [STEADY]: _, ...figures } = await open(contestant, connections);
            return figures;
          }),
      },
      {
        name: "one long connection",
        measure: (contestant) =>
          withServers(contestant, "sink", async () => {
            const words = [VIP, PORT, 1, seconds, BULK_WARM_UP].map(String);
            const report = await runClient<Bulk>(contestant.client, "bulk.ts", ...words);
            return { [BULK]: (report.bytes * 8) / report.seconds / 1e9 };
          }),
      },
      {
        name: "TCP round trips",
        measure: (contestant) =>
          withServers(contestant, "tcp-echo", async () => {
            const words = ["tcp", VIP, PORT, String(trips)];
            const { p50, p99 } = await runClient<{ p50: number; p99: number }>(
              contestant.client,
              "ping-pong.ts",
              ...words,
            );
            return { [TRIP50]: p50, [TRIP99]: p99 };
          }),
      },
      {
        name: "client ports used again",
        measure: (contestant) =>
          withServers(contestant, "hello", async () => {
            const { [RATE]: rate, [STEADY]: steady } = await open(contestant, reused);
            return { [RATE]: rate, [STEADY]: steady };
          }),
      },
    ];
    await session.compare({
      contestants: balancerContestants(),
      cases,
      metrics: [
        { name: RATE, unit: "/s", better: "higher" },
        { name: BULK, unit: "Gbit/s", better: "higher" },
        { name: TRIP50, unit: "µs", better: "lower" },
        { name: TRIP99, unit: "µs", better: "lower" },
        { name: P50, unit: "µs", better: "lower" },
        { name: P99, unit: "µs", better: "lower" },
        { name: SWITCH, unit: "s", better: "lower" },
        { name: SWITCH_ALONE, unit: "s", better: "lower" },
        { name: MACHINE, unit: "s", better: "lower" },
        { name: STEADY, unit: "", better: "higher" },
      ],
      rounds: session.quick ? 3 : 5,
      patience: session.quick ? 80 : undefined,
      warmups: 0,
      measure: (contestant, { measure }) => measure(contestant),
    });
  },
};
export default bench;

async function withServers(
  contestant: BalancerContestant,
  mode: string,
  work: () => Promise<Figures>,
): Promise<Figures> {
  const servers: ChildProcess[] = [];
  try {
    for (const [i, host] of SERVERS.entries()) {
      servers.push(await startServer(contestant.server(host), mode, PORT, String(i + 1)));
    }
    return await work();
  } finally {
    for (const server of servers) server.kill();
  }
}

/** @throws CheckFailed when a connection fails, or the servers' shares are not what a hash of the ports gives. */
async function open({ client, pid }: BalancerContestant, count: number): Promise<Record<string, number>> {
  const [machine, own] = [machineSeconds(), pid === undefined ? 0 : processSeconds(pid)];
  const stacks = softirqSeconds(SWITCH_PROCESSOR);
  const words = [VIP, PORT, String(count), String(IN_FLIGHT)];
  const report = await runClient<Connections>(client, "connections.ts", ...words);
  const { seconds, p50, p99, servers, failed, tenths } = report;
  check(failed === 0, `${failed} of ${count} connections failed`);
  const shares = SERVERS.map((_, i) => servers[i + 1] ?? 0);
  const answered = shares.reduce((sum, share) => sum + share, 0);
  check(answered === count, `${count} connections, ${answered} were answered by one of the servers`);
  const { pValue } = chiSquare(shares);
  check(pValue > LEAST_P, `the servers got ${shares.join(" and ")} connections: that is no accident (p = ${pValue})`);
  const per10k = 10_000 / count;
  return {
    [RATE]: count / seconds,
    [P50]: p50,
    [P99]: p99,
    [MACHINE]: (machineSeconds() - machine) * per10k,
    ...(pid === undefined
      ? {}
      : {
          [SWITCH]: (processSeconds(pid) - own) * per10k,
          [SWITCH_ALONE]: (processSeconds(pid) - own - (softirqSeconds(SWITCH_PROCESSOR) - stacks)) * per10k,
        }),
    [STEADY]: tenths.at(-1)! / tenths[0],
  };
}
