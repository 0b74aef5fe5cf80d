/**
 * The pipe by which a daemon in the background tells whoever started it that it is ready, or why it never will be.
 *
 * Node cannot fork: the daemon is a child process with a pipe as its descriptor 3. It writes one line and closes the pipe;
 * a pipe that is closed without a line means that it died.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, writeSync } from "node:fs";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const PIPE = 3;
/** Set for a process that has such a pipe; its value says what the process is. */
const ROLE = "MEGAFLOW_VSWITCHD_ROLE";
const READY = "ready\n";

/** "monitor" keeps a daemon running; "daemon" is one. undefined: started by hand. */
export type Role = "monitor" | "daemon" | undefined;

export function ownRole(): Role {
  const role = process.env[ROLE];
  return role === "monitor" || role === "daemon" ? role : undefined;
}

/** Starts this program again with the same arguments, in a session of its own. */
export function startChild(
  role: "monitor" | "daemon",
  pipe: "pipe" | "inherit" | "ignore",
  detached: boolean,
): ChildProcess {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const output = detached ? "ignore" : "inherit";
  return spawn(process.execPath, [...process.execArgv, main, ...process.argv.slice(2)], {
    detached,
    stdio: ["ignore", output, output, pipe === "inherit" ? PIPE : pipe],
    env: { ...process.env, [ROLE]: role },
  });
}

/** undefined: it is ready; otherwise why not, or an empty text when it died without a word. */
export async function readiness(child: ChildProcess): Promise<string | undefined> {
  const said = await text(child.stdio[PIPE] as Readable);
  return said === READY ? undefined : said;
}

/** A process that has handed the pipe on keeps none of it: its end must mean that the daemon is gone. */
export function closePipe(): void {
  if (ownRole() !== undefined) closeSync(PIPE);
}

/** Tells the starter; without a pipe there is nobody to tell. */
export function tellReady(): void {
  tell(READY);
}

/** false: nobody listens, so the reason must be said elsewhere. */
export function tellFailure(reason: string): boolean {
  return tell(`${reason}\n`);
}

let told = false;

function tell(line: string): boolean {
  if (ownRole() === undefined || told) return false;
  told = true;
  try {
    writeSync(PIPE, line);
    closeSync(PIPE);
    return true;
  } catch {
    return false; // a daemon started anew by its monitor has no pipe any more
  }
}
