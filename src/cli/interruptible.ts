/** Commands that make things: a signal lets them take those away before the process ends. */
import { EXIT_INTERRUPTED } from "../control/command-error.ts";
import type { Terminal } from "./command.ts";

/** Gives `work` a signal that SIGINT and SIGTERM abort, so that it cleans up before the process ends. */
export async function interruptible(terminal: Terminal, work: (signal: AbortSignal) => Promise<number>): Promise<void> {
  const controller = new AbortController();
  const interrupt = () => controller.abort();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, interrupt);
  try {
    terminal.exitWith(await work(controller.signal));
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    terminal.print("interrupted: the lab is taken down");
    terminal.exitWith(EXIT_INTERRUPTED);
  } finally {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(name, interrupt);
  }
}
