/** What a lab has made, written down before it is made, so that any later command can take it away again. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CommandError, EXIT_MISSING } from "../control/command-error.ts";
import { removeNamespaces } from "./namespaces.ts";
import type { LabOptions } from "./options.ts";
import { isAlive, type ProcessIdentity } from "./processes.ts";

export interface LabState {
  /** The lab's namespaces are PREFIX-ns1 … PREFIX-host. */
  readonly prefix: string;
  /** Holds the control socket, the logs and the state. */
  readonly directory: string;
  /** The process that will take the lab down; undefined for one that stays. */
  readonly owner?: ProcessIdentity;
  readonly namespaces: readonly string[];
  readonly options: LabOptions;
}

const FILE = "lab.json";

export function writeState(state: LabState): void {
  mkdirSync(state.directory, { recursive: true });
  const file = join(state.directory, FILE);
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** The state in a run directory, or undefined. */
export function findState(directory: string): LabState | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, FILE), "utf8")) as LabState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new CommandError(`${join(directory, FILE)} cannot be read: ${(error as Error).message}`);
  }
}

/** @throws CommandError when no lab is up there. */
export function readState(directory: string): LabState {
  const state = findState(directory);
  if (state) return state;
  throw new CommandError(`no lab is up in ${directory}: start one with "megaflow lab up"`, EXIT_MISSING);
}

/** Ends the lab's processes, removes its namespaces with the devices in them, its files and its state. */
export async function takeDown(state: LabState): Promise<void> {
  await removeNamespaces(state.namespaces);
  for (const name of [
    "megaflow.sock",
    "megaflow.pid",
    "daemon.log",
    ...state.namespaces.map((name) => `${name}.log`),
  ]) {
    rmSync(join(state.directory, name), { force: true });
  }
  rmSync(join(state.directory, FILE), { force: true });
  if (state.owner) rmSync(state.directory, { recursive: true, force: true });
}

/** Labs below a run directory whose owner was killed before it could clean up. */
export function abandonedLabs(directory: string): LabState[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.startsWith("lab-"))
    .map((name) => findState(join(directory, name)))
    .filter((state) => state?.owner !== undefined && !isAlive(state.owner))
    .map((state) => state!);
}
