/**
 * The lab's load balancer over the wire: new connections, what one costs, one long connection, round trips, and whether client ports
 * that come back after a while still work.
 */
import { chiSquare } from "../../src/lab/chi-square.ts";
import { SERVERS, VIP, WEB_PORT } from "../../src/lab/topology.ts";
import { type Bench, type Case, check, type Figures, type Metric, turns } from "../bench.ts";
import { PINNING, SWITCH_PROCESSOR } from "../contestants/processors.ts";
import { machineSeconds, processSeconds, softirqSeconds } from "../processor-time.ts";
import type { Bulk } from "../traffic/bulk.ts";
import type { Connections } from "../traffic/connections.ts";
import type { FarEnd } from "../traffic/far-end.ts";
import { runClient, withServers } from "../traffic/programs.ts";
import { type BalancerContestant, balancerContestants, PORTS_IN_USE } from "./contestants.ts";

const RATE = "new connections a second";
const P50 = "connection set-up p50";
const P99 = "connection set-up p99";
const SWITCH = "processor of the switch, 10,000 connections";
const SWITCH_ALONE = "the same without the hosts' stacks (soft interrupts)";
const MACHINE = "processor of the whole machine, 10,000 connections";
const CLIENT = "processor of the client, 10,000 connections";
const HOSTS = "processor of the servers, 10,000 connections";
const FIRST = "rate of the first tenth";
const LAST = "rate of the last tenth";
const STEADY = "rate of the last tenth over the first";
const BULK = "received";
const TRIP50 = "round trip p50";
const TRIP99 = "round trip p99";

/** Of 200,000 connections: one lasts as long as all the rest, and a switch that slows down takes minutes. */
const LONG_ROUNDS = 2;
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
    const connections = session.quick ? 6000 : 20_000;
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
          withBackends(contestant, "hello", async (servers) => {
            await open(contestant, servers, WARM_UP);
            const { rate, p50, p99, costs } = await open(contestant, servers, connections);
            return { [RATE]: rate, [P50]: p50, [P99]: p99, ...costs };
          }),
      },
      {
        name: "one long connection",
        measure: (contestant) =>
          withBackends(contestant, "sink", async () => {
            const words = [VIP, PORT, 1, seconds, BULK_WARM_UP].map(String);
            const report = await runClient<Bulk>(contestant.client, "bulk.ts", ...words);
            return { [BULK]: (report.bytes * 8) / report.seconds / 1e9 };
          }),
      },
      {
        name: "TCP round trips",
        measure: (contestant) =>
          withBackends(contestant, "tcp-echo", async () => {
            const words = ["tcp", VIP, PORT, String(trips)];
            const { p50, p99 } = await runClient<{ p50: number; p99: number }>(
              contestant.client,
              "ping-pong.ts",
              ...words,
            );
            return { [TRIP50]: p50, [TRIP99]: p99 };
          }),
      },
    ];
    const portsAgain: TrafficCase = {
      name: "client ports used again",
      measure: (contestant) =>
        withBackends(contestant, "hello", async (servers) => {
          const { rate, tenths } = await open(contestant, servers, reused);
          const [first, last] = [tenths[0], tenths.at(-1)!];
          return { [RATE]: rate, [FIRST]: first, [LAST]: last, [STEADY]: last / first };
        }),
    };
    const contestants = balancerContestants();
    const metrics: Metric[] = [
      { name: RATE, unit: "/s", better: "higher" },
      { name: BULK, unit: "Gbit/s", better: "higher" },
      { name: TRIP50, unit: "µs", better: "lower" },
      { name: TRIP99, unit: "µs", better: "lower" },
      { name: P50, unit: "µs", better: "lower" },
      { name: P99, unit: "µs", better: "lower" },
      { name: SWITCH, unit: "s", better: "lower" },
      { name: MACHINE, unit: "s", better: "lower" },
      { name: SWITCH_ALONE, unit: "s", better: "lower" },
      { name: CLIENT, unit: "s", better: "lower", detail: true },
      { name: HOSTS, unit: "s", better: "lower", detail: true },
      { name: FIRST, unit: "/s", better: "higher" },
      { name: LAST, unit: "/s", better: "higher" },
      { name: STEADY, unit: "", better: "higher" },
    ];
    const measure = (contestant: BalancerContestant, { measure }: TrafficCase) => measure(contestant);
    session.note(WHO_PAYS);
    // A quick run plays all in its rounds; otherwise the long case has rounds of its own.
    const together = session.quick ? [...cases, portsAgain] : cases;
    await session.compare({ contestants, cases: together, metrics, ...turns(session, 80), measure });
    if (session.quick) return;
    await session.compare({ contestants, cases: [portsAgain], metrics, rounds: LONG_ROUNDS, warmups: 0, measure });
  },
};
export default bench;

const WHO_PAYS =
  "A switch in a process is charged for the hosts' stacks as well, where they run at the end of its system calls; the kernel's own " +
  "forwarding has no process and is charged to whoever sends: only the whole machine's processor compares all.";

function withBackends(
  contestant: BalancerContestant,
  mode: string,
  work: (servers: readonly FarEnd[]) => Promise<Figures>,
): Promise<Figures> {
  const orders = SERVERS.map((host, i) => ({
    namespace: contestant.server(host),
    words: [mode, PORT, String(i + 1)],
  }));
  return withServers(orders, work);
}

interface Opened {
  /** A second; of each tenth of the connections as well. */
  readonly rate: number;
  readonly tenths: readonly number[];
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Seconds of processor for 10,000 connections, by metric. */
  readonly costs: Figures;
}

/** @throws CheckFailed when a connection fails, or the servers' shares are not what a hash of the ports gives. */
async function open({ client, pid }: BalancerContestant, farEnds: readonly FarEnd[], count: number): Promise<Opened> {
  const spent = () => ({
    machine: machineSeconds(),
    own: pid === undefined ? 0 : processSeconds(pid),
    stacks: softirqSeconds(SWITCH_PROCESSOR),
    servers: farEnds.reduce((sum, farEnd) => sum + processSeconds(farEnd.pid), 0),
  });
  const before = spent();
  const words = [VIP, PORT, String(count), String(IN_FLIGHT)];
  const report = await runClient<Connections>(client, "connections.ts", ...words);
  const after = spent();
  const { seconds, p50, p99, servers, failed, ended, tenths, processor } = report;
  check(failed === 0, `${failed} of the first ${ended} connections of ${count} failed`);
  const shares = SERVERS.map((_, i) => servers[i + 1] ?? 0);
  const answered = shares.reduce((sum, share) => sum + share, 0);
  check(answered === count, `${count} connections, ${answered} were answered by one of the servers`);
  // A port that comes back has the server it had: only so many choices were made.
  const choices = Math.min(1, PORTS_IN_USE / count);
  const { pValue } = chiSquare(shares.map((share) => share * choices));
  check(pValue > LEAST_P, `the servers got ${shares.join(" and ")} connections: that is no accident (p = ${pValue})`);
  const per10k = 10_000 / count;
  const own = after.own - before.own;
  const costs = {
    [MACHINE]: (after.machine - before.machine) * per10k,
    [CLIENT]: processor * per10k,
    [HOSTS]: (after.servers - before.servers) * per10k,
    ...(pid === undefined
      ? {}
      : { [SWITCH]: own * per10k, [SWITCH_ALONE]: (own - (after.stacks - before.stacks)) * per10k }),
  };
  return { rate: count / seconds, tenths, p50, p99, costs };
}
