/**
 * What dp_hash and hashing by fields cost: in time, upcalls, megaflows and memory, over the number of connections and the
 * packets of each. Where the lines cross is the answer.
 *
 * Each point is a process of its own that plays all connections through the switch in memory, packet by packet: first every
 * connection's first packet, then every connection's second, … Times are of the fast path and the slow path together.
 */
import { join } from "node:path";
import { runProgram } from "../../src/lab/run-program.ts";
import { type Bench, type Case, type Contestant, type Figures, type Metric, turns } from "../bench.ts";
import { onSwitchCore } from "../contestants/processors.ts";
import { answer, type PacketsRows, packetsText, ratioRows, rowsOverPackets } from "./answer.ts";
import { WAYS } from "./balancer.ts";
import type { Play, PlayOrder } from "./play.ts";

const SCRIPT = join(import.meta.dirname, "play.ts");

interface WayContestant extends Contestant {
  readonly way: number;
}

interface ConnectionsCase extends Case {
  readonly connections: number;
}

const nanoseconds = (packets: number): string => `time a packet at ${packetsText(packets)} a connection`;
const cpu = (packets: number): string => `processor time a million connections of ${packetsText(packets)}`;
const UPCALLS = "upcalls a connection";
const MEGAFLOWS = "megaflows";
const MEMORY = "memory a connection";
const [ONE_PASS, RECIRCULATED, FIELDS_ONE_PASS, FIELDS] = WAYS.map(({ name }) => name);
/** Below, what else the process allocates outweighs it. */
const MEMORY_FROM = 10_000;

const bench: Bench = {
  title: "dp_hash against hashing by fields: time, upcalls, megaflows, memory",
  async measure(session) {
    const connections = session.quick ? [1, 100, 10_000, 100_000] : [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];
    const packets = session.quick ? [1, 10, 100] : [1, 2, 5, 10, 30, 100, 1000];
    const budget = session.quick ? 1_000_000 : 20_000_000;
    session.setting("most packets a point", budget);
    session.setting("processors", "all of a point's process on processor 0");
    session.setting("backends", 4);
    session.setting("clients", "1000, or one for each connection when there are fewer");
    if (session.quick) session.note("The quick run leaves out a million connections, and 1,000 packets a connection.");
    const contestants: WayContestant[] = WAYS.map(({ name }, way) => ({ name, kind: "megaflow", way }));
    const metrics: Metric[] = [
      ...packets.map((count) => ({ name: nanoseconds(count), unit: "ns", better: "lower" as const })),
      ...packets.map((count) => ({ name: cpu(count), unit: "s", better: "lower" as const, detail: count > 1 })),
      { name: UPCALLS, unit: "", better: "lower" },
      { name: MEGAFLOWS, unit: "", better: "lower" },
      { name: MEMORY, unit: "bytes", better: "lower" },
    ];
    const rows = await session.compare({
      contestants,
      cases: connections.map(
        (value): ConnectionsCase => ({
          name: "",
          at: { axis: "connections", value, scale: "log" },
          connections: value,
        }),
      ),
      metrics,
      ...turns(session, 40),
      references: [RECIRCULATED],
      measure: ({ way }, { connections }) =>
        measurePlay({
          way,
          connections,
          packets: packets.filter((count) => count === 1 || connections * count <= budget),
        }),
    });
    const all = packets.map(
      (count): PacketsRows => ({ packets: count, rows: rows.filter(({ metric }) => metric === nanoseconds(count)) }),
    );
    const asOvs = ratioRows(
      "cost of fields ÷ cost of dp_hash, as OVS does both; above the line fields cost more",
      all,
      FIELDS,
      RECIRCULATED,
    );
    const onePass = ratioRows("the same, both in one pass, as Megaflow does", all, FIELDS_ONE_PASS, ONE_PASS);
    session.lead([...asOvs, ...onePass, ...rowsOverPackets("time a packet", all, MEMORY_FROM)]);
    session.note(answer(all, asOvs, onePass));
  },
};
export default bench;

async function measurePlay(order: PlayOrder): Promise<Figures> {
  const { points, bytes } = JSON.parse(
    await runProgram(onSwitchCore([process.execPath, SCRIPT, JSON.stringify(order)])),
  ) as Play;
  const { connections } = order;
  const figures: Record<string, number> = {
    [UPCALLS]: points.at(-1)!.upcalls / connections,
    [MEGAFLOWS]: points.at(-1)!.megaflows,
  };
  for (const point of points) {
    figures[nanoseconds(point.packets)] = point.nanoseconds / (connections * point.packets);
    figures[cpu(point.packets)] = point.cpuSeconds * (1e6 / connections);
  }
  if (connections >= MEMORY_FROM) figures[MEMORY] = bytes / connections;
  return figures;
}
