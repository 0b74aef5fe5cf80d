/** What a file in commands/ exports: its words at the terminal, and what the daemon answers to them. */
import { type Command, InvalidArgumentError } from "commander";
import type { ControlRequest } from "../control/protocol.ts";
import type { Reply } from "../control/server.ts";
import type { Daemon } from "./daemon.ts";

export type DaemonAnswer = (daemon: Daemon, request: ControlRequest, reply: Reply) => Promise<void> | void;

/** What a command finds around it at the terminal. */
export interface Terminal {
  /** The control socket that --socket or the environment name. */
  socket(): string;
  /** Writes lines to standard output. */
  print(text: string): void;
  /** Sends a request to the daemon and prints its answer as it comes. */
  call(command: string, words?: readonly string[], options?: Record<string, unknown>): Promise<void>;
  /** The status `megaflow` ends with unless an error sets another. */
  exitWith(code: number): void;
}

export interface CliCommand {
  /** Adds the command to the program. */
  register(program: Command, terminal: Terminal): void;
  /** By the request's name. */
  readonly answers?: Readonly<Record<string, DaemonAnswer>>;
}

/** commander's parser for whole numbers. @throws InvalidArgumentError, which commander prints with the option's name. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It is not a whole number.");
  return Number(text);
}
