/** Network namespaces by iproute2: made, entered, emptied and removed by name. */
import { readlinkSync } from "node:fs";
import { identify, type ProcessIdentity, terminate } from "./processes.ts";
import { type ProgramResult, type RunOptions, runProgram, tryProgram } from "./run-program.ts";

export async function ip(...words: string[]): Promise<string> {
  return runProgram(["ip", ...words]);
}

/** Makes the namespace and brings its loopback up. */
export async function addNamespace(name: string): Promise<void> {
  await ip("netns", "add", name);
  await ip("-n", name, "link", "set", "lo", "up");
}

export async function namespaceNames(): Promise<string[]> {
  const lines = (await ip("netns", "list")).split("\n");
  return lines.map((line) => line.split(" ")[0]).filter((name) => name !== "");
}

/** Ends what still runs in the namespaces, then removes them. Those that are not there any more are passed over. */
export async function removeNamespaces(names: readonly string[]): Promise<void> {
  const standing = new Set(await namespaceNames());
  const present = names.filter((name) => standing.has(name));
  const own = readlinkSync("/proc/self/ns/net");
  const processes: ProcessIdentity[] = [];
  for (const name of present) {
    const pids = (await ip("netns", "pids", name)).split(/\s+/).filter((word) => word !== "");
    processes.push(...pids.map((pid) => identify(Number(pid))).filter((found) => networkOf(found.pid) !== own));
  }
  await Promise.all(processes.map((found) => terminate(found)));
  for (const name of present) await ip("netns", "delete", name);
}

/** The network namespace a process runs in, as the kernel names it; undefined when the process is gone. */
function networkOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

/** The command line that runs `command` in the namespace. */
export function inNamespace(name: string, command: readonly string[]): string[] {
  return ["ip", "netns", "exec", name, ...command];
}

export function tryInNamespace(name: string, command: readonly string[], options?: RunOptions): Promise<ProgramResult> {
  return tryProgram(inNamespace(name, command), options);
}

export function runInNamespace(name: string, command: readonly string[], options?: RunOptions): Promise<string> {
  return runProgram(inNamespace(name, command), options);
}
