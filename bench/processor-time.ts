/**
 * Processor time as the kernel counts it: of a process to the nanosecond, by its scheduler; of the machine in ticks of 10 ms, sampled.
 * Where the kernel does not account interrupts apart, a thread's time has in it what soft interrupts took from it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { SWITCH_PROCESSOR } from "./contestants/processors.ts";

/** USER_HZ: fixed at 100 for programs, whatever the kernel's own tick is (proc(5)). */
const TICKS_A_SECOND = 100;
/** Column of /proc/stat, behind the name. */
const SOFTIRQ = 7;

/** Seconds that all threads of a process have run, user and system. */
export function processSeconds(pid: number): number {
  return [...threadSeconds(pid).values()].reduce((sum, seconds) => sum + seconds, 0);
}

/** Seconds by thread name, threads of the same name ("pmd-c01", "worker 2") together. */
export function threadSeconds(pid: number): Map<string, number> {
  const found = new Map<string, number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const folder = `/proc/${pid}/task/${thread}`;
    try {
      const name = readFileSync(`${folder}/comm`, "utf8")
        .trim()
        .replace(/[-/ ]?\d+$/, "");
      found.set(name, (found.get(name) ?? 0) + runSeconds(`${folder}/schedstat`));
    } catch {
      // it ended meanwhile
    }
  }
  return found;
}

/** Nanoseconds that the one thread has run whose name begins so; NaN when there is none. */
export function threadNanoseconds(pid: number, name: string): number {
  const tasks = `/proc/${pid}/task`;
  const thread = readdirSync(tasks).find((task) => readFileSync(`${tasks}/${task}/comm`, "utf8").startsWith(name));
  return thread === undefined ? Number.NaN : runSeconds(`${tasks}/${thread}/schedstat`) * 1e9;
}

/** The first number: nanoseconds on a processor (Linux, Documentation/scheduler/sched-stats). */
function runSeconds(file: string): number {
  return Number(readFileSync(file, "utf8").split(" ")[0]) / 1e9;
}

/** Seconds that all processors together were not idle, the kernel's own work for packets included. */
export function machineSeconds(): number {
  let milliseconds = 0;
  for (const { times } of cpus()) milliseconds += times.user + times.nice + times.sys + times.irq;
  // os.cpus leaves soft interrupts out of "irq".
  return milliseconds / 1000 + softirqSeconds();
}

/**
 * Seconds in soft interrupts, on one processor or on all. Where a switch sends a frame to a host on this machine, the host's stack
 * runs in one at the end of the switch's system call, and counts as the switch's time.
 */
export function softirqSeconds(processor?: number): number {
  const line = readFileSync("/proc/stat", "utf8").split("\n")[processor === undefined ? 0 : processor + 1];
  return Number(line.split(/\s+/)[SOFTIRQ]) / TICKS_A_SECOND;
}

/** Seconds of processor, by whom. */
export interface Spent {
  readonly machine: number;
  /** By the switch's process, what soft interrupts took from it included; 0 without one. */
  readonly own: number;
  /** In soft interrupts on the switch's processor. */
  readonly stacks: number;
}

/** Until now. `pid`: process of the switch. */
export function spentBy(pid: number | undefined): Spent {
  return {
    machine: machineSeconds(),
    own: pid === undefined ? 0 : processSeconds(pid),
    stacks: softirqSeconds(SWITCH_PROCESSOR),
  };
}

export function spentSince(before: Spent, pid: number | undefined): Spent {
  const now = spentBy(pid);
  return { machine: now.machine - before.machine, own: now.own - before.own, stacks: now.stacks - before.stacks };
}
