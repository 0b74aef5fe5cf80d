/** One command of ovs-appctl. */
import type { Vswitchd } from "./vswitchd.ts";

export interface UnixctlCommand {
  /** "dpif/show". */
  readonly name: string;
  /** Its arguments, as `list-commands` shows them. */
  readonly usage: string;
  readonly minimum: number;
  readonly maximum: number;
  /** The answer's text; a newline is put at its end. @throws UnixctlError, whose message the caller reads. */
  run(daemon: Vswitchd, words: readonly string[]): string | Promise<string>;
}

/** Why a command was refused, in OVS's words where it has some. */
export class UnixctlError extends Error {}
