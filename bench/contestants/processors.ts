import { spawnSync } from "node:child_process";
import { cpus } from "node:os";

/** Who runs where: the switch has processor 0 for itself, senders and receivers share processor 1, for each contestant alike. */

/** Of the switch. */
export const SWITCH_PROCESSOR = 0;
export const onSwitchCore = (command: readonly string[]): string[] => [
  "taskset",
  "-c",
  String(SWITCH_PROCESSOR),
  ...command,
];
export const onOtherCore = (command: readonly string[]): string[] => ["taskset", "-c", "1", ...command];
export const PINNING =
  "the switch on processor 0, senders and receivers on processor 1; the kernel's own forwarding where it pleases";

export const PINNED = "the measuring thread on processor 0";

/** Keeps the main thread on processor 0 while the work lasts; compilers and collectors of the engine run where they please. */
export async function onOneProcessor<T>(work: () => Promise<T>): Promise<T> {
  pin("0");
  try {
    return await work();
  } finally {
    pin(`0-${cpus().length - 1}`);
  }
}

function pin(processors: string): void {
  const { status, error, stderr } = spawnSync("taskset", ["-cp", processors, String(process.pid)], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`taskset failed: ${error?.message ?? stderr.trim()}`);
}
