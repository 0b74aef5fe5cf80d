/** One call: all its commands in one transaction, committed only when every one of them succeeds. */

import type { Database, Reader, Transaction } from "../database/database.ts";
import { ConstraintError } from "../database/datum.ts";
import type { TableName } from "../database/model.ts";
import { TABLES } from "../database/schema.ts";
import type { Uuid } from "../database/uuid.ts";
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
  const warnings: string[] = [];
  try {
    const stdout = execute(database, argv, (sentence) => warnings.push(sentence));
    return { stdout, stderr: warnings.map(lineOf).join(""), exitCode: 0 };
  } catch (error) {
    if (!(error instanceof CommandError || error instanceof ConstraintError)) throw error;
    return { stdout: "", stderr: [...warnings, error.message].map(lineOf).join(""), exitCode: 1 };
  }
}

const lineOf = (sentence: string): string => `${PROGRAM}: ${sentence}\n`;

function execute(database: Database, argv: readonly string[], warn: (sentence: string) => void): string {
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
      warn,
      printTable: (table) => {
        output += formatTable(table, style);
      },
    });
    return output;
  });
  checkNames(transaction);
  checkHealthChecks(transaction);
  if (!dryRun) {
    database.commit(transaction);
    for (const [name, uuid] of transaction.names()) if (!rowExists(database, uuid)) warn(lostRow(name));
  }
  return oneLine ? outputs.map(oneLineOf).join("") : outputs.join("");
}

const rowExists = (reader: Reader, uuid: Uuid): boolean =>
  TABLES.some(({ name }) => reader.row(name as TableName, uuid) !== undefined);

const lostRow = (name: string): string =>
  `row id "${name}" was created but no reference to it was inserted, so it will not actually appear in the database`;

/** Rows that are spoken of by name must have been made in the same call. */
function checkNames(transaction: Transaction): void {
  for (const [name, uuid] of transaction.names()) {
    if (rowExists(transaction, uuid)) continue;
    throw new CommandError(`row id "${name}" is referenced but never created (e.g. with "-- --id=${name} create ...")`);
  }
}

/** OVN 23.03 takes them and then watches nothing, which a line in ovn-northd's log says. */
function checkHealthChecks(transaction: Transaction): void {
  for (const { name, protocol, health_check } of transaction.rows("Load_Balancer")) {
    if (protocol[0] !== "sctp" || health_check.length === 0) continue;
    throw new CommandError(`${name}: health checks of SCTP load balancers are not supported`);
  }
}

/** --oneline: each command's output on a line, its newlines as \n. */
const oneLineOf = (output: string): string =>
  `${output.replace(/\n$/, "").replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n`;
