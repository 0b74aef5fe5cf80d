/** One command of ovs-appctl. */
import type { SwitchBridge } from "../slowpath/switch.ts";
import type { Vswitchd } from "./vswitchd.ts";

export interface UnixctlCommand {
  /** "dpif/show". */
  readonly name: string;
  /** Its arguments, as `list-commands` shows them; undefined: it is not shown there. */
  readonly usage: string | undefined;
  readonly minimum: number;
  readonly maximum: number;
  /** Whether this daemon has it; it has, unless given. */
  isKnown?(daemon: Vswitchd): boolean;
  /** The answer's text; a newline is put at its end. @throws UnixctlError, whose message the caller reads. */
  run(daemon: Vswitchd, words: readonly string[]): string | Promise<string>;
}

/** Why a command was refused, in OVS's words where it has some. */
export class UnixctlError extends Error {}

/** A command that says the same whatever is asked of it. */
export function fixedAnswer(name: string, usage: string | undefined, maximum: number, text: string): UnixctlCommand {
  return { name, usage, minimum: 0, maximum, run: () => text };
}

/** @throws UnixctlError */
export function bridgeNamed(daemon: Vswitchd, name: string, complaint = "no such bridge"): SwitchBridge {
  const bridge = daemon.bridges().find((candidate) => candidate.name === name);
  if (bridge === undefined) throw new UnixctlError(complaint);
  return bridge;
}
