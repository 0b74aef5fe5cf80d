/** Runs a measurement and says what it cost: processor time of the switch, thread by thread, and of the whole machine. */
import type { Figures, Metric } from "../bench.ts";
import { machineSeconds, processSeconds, threadSeconds } from "../processor-time.ts";
import type { WireContestant } from "./rig.ts";

const SWITCH = "processor of the switch";
const MACHINE = "processor of the whole machine";
const THREAD = "processor of the switch's thread";
/** Threads that do something in Megaflow or OVS, by the names the kernel has for them. */
const THREADS = ["node-MainThread", "fastpath", "node-V8Worker", "ovs-vswitchd", "handler", "revalidator"];
const OTHERS = "(others)";

export interface Work {
  readonly figures: Figures;
  /** How much was done, in the unit the costs are given for. */
  readonly amount: number;
}

/** `per`: "million frames", "GB". */
export function loadMetrics(per: string): Metric[] {
  const unit = `s a ${per}`;
  return [
    { name: SWITCH, unit, better: "lower" },
    { name: MACHINE, unit, better: "lower" },
    ...[...THREADS, OTHERS].map(
      (name): Metric => ({ name: `${THREAD} ${name}`, unit, better: "neither", detail: true }),
    ),
  ];
}

export async function withLoad({ pid }: WireContestant, work: () => Promise<Work>): Promise<Figures> {
  const machine = machineSeconds();
  const threads = pid === undefined ? undefined : threadSeconds(pid);
  const own = pid === undefined ? 0 : processSeconds(pid);
  const { figures, amount } = await work();
  const load: Record<string, number> = { [MACHINE]: (machineSeconds() - machine) / amount };
  if (pid !== undefined && threads !== undefined) {
    load[SWITCH] = (processSeconds(pid) - own) / amount;
    let others = 0;
    for (const [name, seconds] of threadSeconds(pid)) {
      const used = (seconds - (threads.get(name) ?? 0)) / amount;
      if (!THREADS.includes(name)) others += used;
      else if (used > 0) load[`${THREAD} ${name}`] = used;
    }
    if (others > 0) load[`${THREAD} ${OTHERS}`] = others;
  }
  return { ...figures, ...load };
}
