/** A command of ovn-nbctl: its syntax and what it does to a transaction. One file a command, all named in list.ts. */
import type { Transaction } from "../database/database.ts";

export interface Command {
  readonly name: string;
  /** As the help prints them: "SWITCH PORT [PARENT] [TAG]". */
  readonly usage: string;
  readonly minimum: number;
  readonly maximum: number;
  /** Options that may stand before the name; "--policy=" takes a value, "--bfd?" may take one. */
  readonly options?: readonly string[];
  run(invocation: Invocation): void;
}

export interface Invocation {
  readonly name: string;
  /** Without the command's name. */
  readonly words: readonly string[];
  readonly options: ReadonlyMap<string, string>;
  readonly transaction: Transaction;
  readonly print: (text: string) => void;
  /** A line for standard error; the call goes on. */
  readonly warn: (sentence: string) => void;
  /** Prints a table of rows with --format and --data as given in the call. */
  readonly printTable: (table: OutputTable) => void;
}

export interface OutputTable {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly OutputCell[])[];
}

/** A cell in each of the notations of --data and of --format=json. */
export interface OutputCell {
  readonly text: string;
  readonly bare: string;
  readonly json: unknown;
}

/** The command was refused; `message` is ovn-nbctl's sentence. Nothing of the call takes effect. */
export class CommandError extends Error {}

export const ANY_NUMBER = Number.POSITIVE_INFINITY;
