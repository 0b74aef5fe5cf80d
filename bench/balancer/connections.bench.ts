/**
 * The lab's load balancer over the wire: new connections, what one costs, one long connection, round trips, and whether client ports
 * that come back after a while still work.
 */
import { VIP, WEB_PORT } from "../../src/lab/topology.ts";
import { type Bench, type Case, type Figures, type Metric, turns } from "../bench.ts";
import { noteCeiling } from "../ceiling.ts";
import { PINNING } from "../contestants/processors.ts";
import { processSeconds, spentBy, spentSince } from "../processor-time.ts";
import type { Bulk } from "../traffic/bulk.ts";
import type { Connections } from "../traffic/connections.ts";
import type { FarEnd } from "../traffic/far-end.ts";
import { runClient, withServers } from "../traffic/programs.ts";
import { CONGESTION_CONTROL } from "../traffic/sockets.ts";
import { type BalancerContestant, balancerContestants, PORTS_IN_USE } from "./contestants.ts";
import { openCrafted } from "./crafted.ts";
import { checkOpened, costs, MACHINE, SWITCH, SWITCH_ALONE } from "./opened.ts";

const RATE = "new connections a second";
const P50 = "connection set-up p50";
const P99 = "connection set-up p99";
const CLIENT = "processor of the client, 10,000 connections";
const HOSTS = "processor of the servers, 10,000 connections";
const GENERATOR = "processor of the generator, 10,000 connections";
const AGAIN = "segments sent again";
const FIRST = "rate of the first tenth";
const LAST = "rate of the last tenth";
const STEADY = "rate of the last tenth over the first";
const BULK = "received";
const TRIP50 = "round trip p50";
const TRIP99 = "round trip p99";

/** Of 200,000 connections: a switch that slows down takes minutes. */
const LONG_ROUNDS = 2;
/** Connections under way at a time: of the hosts' stacks, and crafted, where so many fill a batch. */
const IN_FLIGHT = 32;
const CRAFTED_IN_FLIGHT = 64;
/** Connections before those that count, after the switch has started: megaflows and compilers settle. */
const WARM_UP = 2000;
/** Before crafted ones: until then the generator's compiler takes its processor for 5 ms at a time, a tenth of the rate. */
const CRAFTED_WARM_UP = 8000;
/** Ports of crafted connections, in turn: more than there are connections, and few enough that they come again and again. */
const FRESH_PORTS = 60_000;
const FEW_PORTS = 14_000;
/** Seconds of the long connection that do not count: slow start. */
const BULK_WARM_UP = 0.3;
const PORT = String(WEB_PORT);

interface TrafficCase extends Case {
  measure(contestant: BalancerContestant): Promise<Figures>;
}

const bench: Bench = {
  title: "the load balancer: new connections, their cost, long ones, round trips, ports used again",
  async measure(session) {
    const connections = session.quick ? 6000 : 20_000;
    const crafted = session.quick ? 15_000 : 50_000;
    const reused = session.quick ? 20_000 : 200_000;
    const seconds = session.quick ? 0.6 : 5;
    const trips = session.quick ? 2000 : 20_000;
    session.setting("connections", connections);
    session.setting("crafted connections", crafted);
    session.setting("connections before, to warm up", WARM_UP);
    session.setting("crafted connections before", CRAFTED_WARM_UP);
    session.setting(`crafted connections over ${FEW_PORTS.toLocaleString("en-US")} client ports`, reused);
    session.setting("connections under way", IN_FLIGHT);
    session.setting("crafted connections under way", CRAFTED_IN_FLIGHT);
    session.setting("seconds of the long connection", seconds);
    session.setting("its congestion control", CONGESTION_CONTROL);
    session.setting("round trips", trips);
    session.setting("processors", PINNING);
    session.setting("rules", "the 528 of OVN 23.03, the same for Megaflow and OVS");
    const cases: TrafficCase[] = [
      {
        name: "new connections, crafted",
        measure: async (contestant) => {
          const run = { count: crafted, warmUp: CRAFTED_WARM_UP, inFlight: CRAFTED_IN_FLIGHT, ports: FRESH_PORTS };
          const { seconds, p50, p99, again, processor, spent } = await openCrafted(contestant, run);
          return {
            [RATE]: crafted / seconds,
            [P50]: p50,
            [P99]: p99,
            ...costs(contestant, spent, crafted),
            [GENERATOR]: (processor * 10_000) / crafted,
            [AGAIN]: again,
          };
        },
      },
      {
        name: "new connections",
        measure: (contestant) =>
          withBackends(contestant, "hello", async (servers) => {
            await open(contestant, servers, WARM_UP);
            return open(contestant, servers, connections);
          }),
      },
      {
        name: "one long connection",
        measure: (contestant) =>
          withSwitch(contestant, "sink", async () => {
            const words = [VIP, PORT, 1, seconds, BULK_WARM_UP].map(String);
            const report = await runClient<Bulk>(contestant.client.namespace, "bulk.ts", ...words);
            return { [BULK]: (report.bytes * 8) / report.seconds / 1e9 };
          }),
      },
      {
        name: "TCP round trips",
        measure: (contestant) =>
          withSwitch(contestant, "tcp-echo", async () => {
            const words = ["tcp", VIP, PORT, String(trips)];
            const { p50, p99 } = await runClient<{ p50: number; p99: number }>(
              contestant.client.namespace,
              "ping-pong.ts",
              ...words,
            );
            return { [TRIP50]: p50, [TRIP99]: p99 };
          }),
      },
    ];
    const portsAgain: TrafficCase = {
      name: "client ports used again, crafted",
      measure: async (contestant) => {
        const run = { count: reused, warmUp: CRAFTED_WARM_UP, inFlight: CRAFTED_IN_FLIGHT, ports: FEW_PORTS };
        const { seconds, tenths } = await openCrafted(contestant, run);
        const [first, last] = [tenths[0], tenths.at(-1)!];
        return { [RATE]: reused / seconds, [FIRST]: first, [LAST]: last, [STEADY]: last / first };
      },
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
      { name: GENERATOR, unit: "s", better: "lower", detail: true },
      { name: AGAIN, unit: "", better: "lower", detail: true },
      { name: FIRST, unit: "/s", better: "higher" },
      { name: LAST, unit: "/s", better: "higher" },
      { name: STEADY, unit: "", better: "higher" },
    ];
    const measure = (contestant: BalancerContestant, { measure }: TrafficCase) => measure(contestant);
    session.note(WHO_PAYS);
    // A quick run plays all in its rounds; otherwise the long case has rounds of its own.
    const together = session.quick ? [...cases, portsAgain] : cases;
    const rows = await session.compare({ contestants, cases: together, metrics, ...turns(session, 80), measure });
    for (const row of rows.filter(({ metric }) => metric === RATE)) noteCeiling(session, row);
    if (session.quick) return;
    await session.compare({ contestants, cases: [portsAgain], metrics, rounds: LONG_ROUNDS, warmups: 0, measure });
  },
};
export default bench;

const WHO_PAYS =
  "A switch in a process is charged for the hosts' stacks as well, where they run at the end of its system calls; the kernel's own " +
  "forwarding has no process and is charged to whoever sends: only the whole machine's processor compares all. The generator of crafted " +
  "connections does not sleep while it waits: the machine's processor has its waiting in it.";

function withBackends(
  { servers }: BalancerContestant,
  mode: string,
  work: (servers: readonly FarEnd[]) => Promise<Figures>,
): Promise<Figures> {
  const orders = servers.map(({ namespace }, i) => ({ namespace, words: [mode, PORT, String(i + 1)] }));
  return withServers(orders, work);
}

/** Of long connections and round trips without a switch tell wire/tcp and wire/latency. */
async function withSwitch(
  contestant: BalancerContestant,
  mode: string,
  work: () => Promise<Figures>,
): Promise<Figures> {
  return contestant.kind === "limit" ? {} : withBackends(contestant, mode, work);
}

/** By the hosts' own stacks. @throws CheckFailed as `checkOpened` does. */
async function open(contestant: BalancerContestant, farEnds: readonly FarEnd[], count: number): Promise<Figures> {
  const ofServers = () => farEnds.reduce((sum, farEnd) => sum + processSeconds(farEnd.pid), 0);
  const { client, pid } = contestant;
  const [before, serversBefore] = [spentBy(pid), ofServers()];
  const words = [VIP, PORT, String(count), String(IN_FLIGHT)];
  const report = await runClient<Connections>(client.namespace, "connections.ts", ...words);
  const [spent, servers] = [spentSince(before, pid), ofServers() - serversBefore];
  checkOpened(contestant, report, count, PORTS_IN_USE);
  const { seconds, p50, p99, processor } = report;
  const per10k = 10_000 / count;
  return {
    [RATE]: count / seconds,
    [P50]: p50,
    [P99]: p99,
    ...costs(contestant, spent, count),
    [CLIENT]: processor * per10k,
    [HOSTS]: servers * per10k,
  };
}
