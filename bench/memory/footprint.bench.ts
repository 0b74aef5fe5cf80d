/**
 * Bytes that a megaflow and a connection cost, all counted: made in a process of their own, through the slow path as packets make
 * them, beside what was recorded of OVS 3.1 in userspace.
 */
import { join } from "node:path";
import { runProgram } from "../../src/lab/run-program.ts";
import type { Bench, Case, Contestant, Figures } from "../bench.ts";
import type { Held, HoldOrder } from "./hold.ts";

const SCRIPT = join(import.meta.dirname, "hold.ts");
const USED = "in use";
const RESIDENT = "resident";
const OVS = "OVS, recorded";

interface FootprintCase extends Case {
  readonly order: HoldOrder;
  /** Of the things named by the case that the order makes, one of its count. */
  readonly each: number;
  readonly ovs: number;
}

const bench: Bench = {
  title: "bytes a megaflow and a connection",
  async measure(session) {
    const megaflows = session.quick ? 50_000 : 190_000;
    const connections = session.quick ? 100_000 : 500_000;
    session.setting("megaflows", megaflows);
    session.setting("connections", connections);
    const cases: FootprintCase[] = [
      { name: "megaflow", order: { what: "megaflows", count: megaflows }, each: 1, ovs: 3400 },
      { name: "connection", order: { what: "connections", count: connections }, each: 1, ovs: 354 },
      // Tracked in two zones, translated in one.
      { name: "connection of two with DNAT", order: { what: "translated", count: connections }, each: 2, ovs: 699 },
    ];
    const contestants: Contestant[] = [
      { name: "megaflow", kind: "megaflow" },
      { name: OVS, kind: "limit" },
    ];
    await session.compare({
      contestants,
      cases,
      metrics: [USED, RESIDENT].map((name) => ({ name, unit: "bytes", better: "lower" as const })),
      rounds: session.quick ? 1 : 3,
      warmups: 0,
      references: [OVS],
      measure: ({ name }, benchCase) =>
        name === OVS ? { [RESIDENT]: benchCase.ovs } : measureFootprint(benchCase.order, benchCase.each),
    });
  },
};
export default bench;

async function measureFootprint(order: HoldOrder, each: number): Promise<Figures> {
  const output = await runProgram([process.execPath, "--expose-gc", SCRIPT, JSON.stringify(order)]);
  const { used, resident } = JSON.parse(output) as Held;
  const count = order.count * each;
  return { [USED]: used / count, [RESIDENT]: resident / count };
}
