/**
 * `--monitor`: a process that starts the daemon again when it dies, until it ends on its own accord or is told to.
 *
 * Not handled: the daemon's memory limit.
 */
import { once } from "node:events";
import type { Logger } from "../../vlog/vlog.ts";
import { CRASHED } from "./exit-status.ts";
import { closePipe, ownRole, startChild } from "./readiness.ts";

/** Signals by which a process ends because something in it is broken. */
const broken: ReadonlySet<string> = new Set([
  "SIGABRT",
  "SIGALRM",
  "SIGBUS",
  "SIGFPE",
  "SIGILL",
  "SIGPIPE",
  "SIGSEGV",
  "SIGXCPU",
  "SIGXFSZ",
]);
/** A daemon that dies sooner than this after its start is not started again at once. */
const SOON = 10_000;

/** Resolves with the exit status when the daemon has ended for good. */
export async function monitorDaemon(log: Logger): Promise<number> {
  let first = true;
  for (;;) {
    const started = performance.now();
    const handOn = first && ownRole() !== undefined;
    const child = startChild("daemon", handOn ? "inherit" : "ignore", false);
    if (handOn) closePipe();
    const pass = (signal: NodeJS.Signals) => void child.kill(signal);
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, pass);
    const [status, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.off(signal, pass);
    const crashed = signal === null ? status === CRASHED : broken.has(signal);
    if (!crashed) return status ?? 0;
    log.err(`pid ${child.pid} died, ${signal === null ? `exit status ${status}` : `killed (${signal})`}, restarting`);
    const lived = performance.now() - started;
    if (lived < SOON && !first) await new Promise((resolve) => setTimeout(resolve, SOON - lived));
    first = false;
  }
}
