/**
 * The slow path in memory: how fast megaflows are set up, rules change, and megaflows are looked at again.
 *
 * Every connection's first packet misses, is translated, gets a megaflow and goes its way; a change of rules counts when the fast
 * path obeys it (barrier).
 */
import { parseFlowLine } from "../../src/slowpath/tables/flow-text.ts";
import { type Bench, type Case, type Contestant, check, type Figures, turns } from "../bench.ts";
import { onOneProcessor, PINNED } from "../contestants/processors.ts";
import { quantile } from "../statistics.ts";
import { PIPELINES, type Pipeline, type PipelineSwitch } from "./pipelines.ts";

const SET_UPS = "set-ups a second";
const P50 = "set-up latency p50";
const P99 = "set-up latency p99";
const CHANGES = "rule changes in force a second";
const REVALIDATION = "revalidation of all megaflows";

/** Frames that miss together, as a batch brings them. */
const BATCH = 32;
const LATENCY_SAMPLES = 500;
const CHANGE_SAMPLES = 200;

interface PipelineContestant extends Contestant, Pipeline {}

interface SizeCase extends Case {
  readonly megaflows: number;
}

const bench: Bench = {
  title: "slow path in memory: set-ups, rule changes, revalidation",
  async measure(session) {
    const sizes = session.quick ? [2000, 20_000] : [2000, 20_000, 200_000];
    session.setting("packets that miss together", BATCH);
    const contestants: PipelineContestant[] = PIPELINES.map((pipeline) => ({ ...pipeline, kind: "megaflow" }));
    session.setting("processors", PINNED);
    if (session.quick) session.note("The quick run leaves out 200,000 megaflows.");
    const comparison = () =>
      session.compare({
        contestants,
        cases: sizes.map(
          (megaflows): SizeCase => ({ name: "", at: { axis: "megaflows", value: megaflows, scale: "log" }, megaflows }),
        ),
        metrics: [
          { name: SET_UPS, unit: "/s", better: "higher" },
          { name: P50, unit: "µs", better: "lower" },
          { name: P99, unit: "µs", better: "lower" },
          { name: CHANGES, unit: "/s", better: "higher" },
          { name: REVALIDATION, unit: "ms", better: "lower" },
        ],
        ...turns(session, 25, 1),
        references: [],
        measure: (pipeline, { megaflows }) => measureSlowPath(pipeline, megaflows),
      });
    await onOneProcessor(comparison);
  },
};
export default bench;

export async function measureSlowPath(pipeline: Pipeline, megaflows: number): Promise<Figures> {
  const made = await pipeline.make();
  made.switch.flowLimit = megaflows + LATENCY_SAMPLES + 1000;
  try {
    const setUps = setUp(made, megaflows);
    const latencies = Array.from({ length: LATENCY_SAMPLES }, (_, i) => oneSetUp(made, megaflows + i));
    const changes = await changeRules(made);
    const revalidation = await revalidate(made);
    return {
      [SET_UPS]: setUps,
      [P50]: quantile(latencies, 0.5),
      [P99]: quantile(latencies, 0.99),
      [CHANGES]: changes,
      [REVALIDATION]: revalidation,
    };
  } finally {
    await made.switch.close();
  }
}

/** A second. @throws CheckFailed unless there is a megaflow for each connection and every packet went out. */
function setUp({ datapath, switch: made, port, frame }: PipelineSwitch, count: number): number {
  const frames = Array.from({ length: count }, (_, n) => frame(n));
  const start = performance.now();
  for (let at = 0; at < count; at += BATCH) {
    for (let i = at; i < Math.min(count, at + BATCH); i++) datapath.inject(port, frames[i]);
    datapath.run();
  }
  const seconds = (performance.now() - start) / 1000;
  const { refused, dropped } = made.upcalls.statistics;
  check(made.megaflows.size >= count, `${count} connections, ${made.megaflows.size} megaflows`);
  check(refused + dropped === 0, `${refused} megaflows refused, ${dropped} upcalls dropped`);
  const sent = datapath.ports().reduce((sum, { number }) => sum + datapath.portStatistics(number).txPackets, 0n);
  check(sent === BigInt(count), `${count} packets went in, ${sent} came out`);
  return count / seconds;
}

/** Microseconds from a packet's arrival to its departure. */
function oneSetUp({ datapath, port, frame }: PipelineSwitch, n: number): number {
  datapath.inject(port, frame(n));
  const start = process.hrtime.bigint();
  datapath.run();
  return Number(process.hrtime.bigint() - start) / 1000;
}

/** Adds and deletes a rule that no megaflow has to do with, each awaited. */
async function changeRules({ switch: made }: PipelineSwitch): Promise<number> {
  const rule = parseFlowLine("table=0,priority=50000,udp,in_port=1,tp_dst=4789 actions=drop");
  const start = performance.now();
  for (let i = 0; i < CHANGE_SAMPLES; i++) {
    await made.apply([i % 2 === 0 ? rule : { ...rule, command: "delete_strict" }]);
  }
  return CHANGE_SAMPLES / ((performance.now() - start) / 1000);
}

async function revalidate({ datapath, switch: made }: PipelineSwitch): Promise<number> {
  const before = made.revalidator.statistics.kept;
  const megaflows = made.megaflows.size;
  const start = performance.now();
  made.revalidator.everything();
  await datapath.barrier();
  const milliseconds = performance.now() - start;
  const kept = made.revalidator.statistics.kept - before;
  check(kept === megaflows, `nothing had changed, yet only ${kept} of ${megaflows} megaflows were kept`);
  return milliseconds;
}
