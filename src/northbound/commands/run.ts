/** One call: all its commands in one transaction, committed only when every one of them succeeds. */

import type { Database } from "../database/database.ts";
import { ConstraintError } from "../database/datum.ts";
import { CommandError } from "./command.ts";
import { helpText } from "./help.ts";
import { parseLine } from "./parse.ts";
import { formatTable } from "./print-table.ts";

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export const PROGRAM = "ovn-nbctl";

export function runLine(database: Database, argv: readonly string[]): Outcome {
  try {
    return { stdout: execute(database, argv), stderr: "", exitCode: 0 };
  } catch (error) {
    if (!(error instanceof CommandError || error instanceof ConstraintError)) throw error;
    return { stdout: "", stderr: `${PROGRAM}: ${error.message}\n`, exitCode: 1 };
  }
}

function execute(database: Database, argv: readonly string[]): string {
  const { commands, style, dryRun, oneLine, help, version } = parseLine(argv);
  if (help) return helpText();
  if (version) return `${PROGRAM} (embedded) 23.03.1\nDB Schema 7.0.0\n`;
  const transaction = database.transaction();
  const outputs = commands.map(({ command, words, options }) => {
    let output = "";
    command.run({
      name: command.name,
      words,
      options,
      transaction,
      print: (text) => {
        output += text;
      },
      printTable: (table) => {
        output += formatTable(table, style);
      },
    });
    return output;
  });
  if (!dryRun) database.commit(transaction);
  return oneLine ? outputs.map(oneLineOf).join("") : outputs.join("");
}

/** --oneline: each command's output on a line, its newlines as \n. */
const oneLineOf = (output: string): string =>
  `${output.replace(/\n$/, "").replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n`;
