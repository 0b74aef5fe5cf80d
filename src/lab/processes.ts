/** Processes of a lab: started and awaited, and known by pid and start time, so that no other is ever hit. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { CommandError } from "../control/command-error.ts";

export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  readonly startTime: string;
}

const GRACE = 3000;

export function identify(pid: number): ProcessIdentity {
  return { pid, startTime: startTime(pid) ?? "gone" };
}

/** Whether that very process is still there (a zombie is not). */
export function isAlive(identity: ProcessIdentity): boolean {
  return startTime(identity.pid) === identity.startTime;
}

function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the name before may hold anything
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** SIGTERM, then SIGKILL after `grace` milliseconds, to that very process. */
export async function terminate(identity: ProcessIdentity, grace = GRACE): Promise<void> {
  if (!isAlive(identity)) return;
  signal(identity.pid, "SIGTERM");
  for (let waited = 0; waited < grace && isAlive(identity); waited += 10) await delay(10);
  if (isAlive(identity)) signal(identity.pid, "SIGKILL");
  while (isAlive(identity)) await delay(5);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it ended meanwhile
  }
}

export interface StartOptions {
  readonly name: string;
  readonly command: readonly string[];
  /** File that takes its stderr. */
  readonly logFile: string;
  /** true: it lives on when this process ends; false: it ends with it (its stdin closes). */
  readonly stays: boolean;
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Starts a program that prints one line on stdout when it is ready, and waits for that line.
 * @throws CommandError with the end of its log when it ends before.
 */
export async function startProcess(options: StartOptions): Promise<ProcessIdentity> {
  const log = openSync(options.logFile, "a");
  const [program, ...words] = options.command;
  const child = spawn(program, words, {
    stdio: [options.stays ? "ignore" : "pipe", "pipe", log],
    detached: true, // a Ctrl-C at the terminal goes to the lab alone, which then ends its processes in order
    env: { ...process.env, ...options.environment },
  });
  closeSync(log);
  await ready(child, options);
  const identity = identify(child.pid!);
  child.stdout?.destroy();
  child.unref();
  (child.stdin as unknown as { unref?(): void } | null)?.unref?.();
  return identity;
}

async function ready(child: ChildProcess, options: StartOptions): Promise<void> {
  const spawned = once(child, "spawn");
  const exited = once(child, "exit");
  exited.catch(() => undefined);
  await spawned;
  const line = once(createInterface({ input: child.stdout! }), "line");
  line.catch(() => undefined);
  const first = await Promise.race([line.then(() => "ready" as const), exited.then(() => "exited" as const)]);
  if (first === "ready") return;
  const said = readFileSync(options.logFile, "utf8").trim().split("\n");
  const tail = said
    .filter((line) => !line.startsWith("    at "))
    .slice(-5)
    .join("\n"); // stacks are in the log
  throw new CommandError(`${options.name} ended before it was ready: ${tail || "it said nothing"}`);
}
