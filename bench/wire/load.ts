/** Runs a measurement and says what it cost: processor time of the switch, thread by thread, and of the whole machine. */
import type { Figures, Metric } from "../bench.ts";
import { machineSeconds, processSeconds, threadSeconds } from "../processor-time.ts";
import type { WireContestant } from "./rig.ts";

const SWITCH = "processor of the switch";
const MACHINE = "processor of the whole machine";
const THREAD = "processor of the switch's thread";
const UNIT = "% of a processor";
/** Names of threads that do something in Megaflow or OVS, as the kernel has them. */
const THREADS = ["node-MainThread", "fastpath", "node-V8Worker", "ovs-vswitchd", "handler", "revalidator"];
const OTHERS = "(others)";
/** Less than this of a thread is not worth a row. */
const LEAST_SHARE = 0.5;

export const LOAD_METRICS: readonly Metric[] = [
  { name: SWITCH, unit: UNIT, better: "lower" },
  { name: MACHINE, unit: UNIT, better: "lower" },
  ...[...THREADS, OTHERS].map((name): Metric => ({ name: `${THREAD} ${name}`, unit: UNIT, better: "neither" })),
];

export async function withLoad(contestant: WireContestant, work: () => Promise<Figures>): Promise<Figures> {
  const { pid } = contestant;
  const start = performance.now();
  const machine = machineSeconds();
  const threads = pid === undefined ? undefined : threadSeconds(pid);
  const own = pid === undefined ? 0 : processSeconds(pid);
  const figures = await work();
  const share = (seconds: number): number => (100_000 * seconds) / (performance.now() - start);
  const load: Record<string, number> = { [MACHINE]: share(machineSeconds() - machine) };
  if (pid !== undefined && threads !== undefined) {
    load[SWITCH] = share(processSeconds(pid) - own);
    let others = 0;
    for (const [name, seconds] of threadSeconds(pid)) {
      const used = share(seconds - (threads.get(name) ?? 0));
      if (!THREADS.includes(name)) others += used;
      else if (used >= LEAST_SHARE) load[`${THREAD} ${name}`] = used;
    }
    if (others >= LEAST_SHARE) load[`${THREAD} ${OTHERS}`] = others;
  }
  return { ...figures, ...load };
}
