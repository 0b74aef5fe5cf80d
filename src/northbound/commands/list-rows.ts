import { findRow, findTable, getRow, rowsOf } from "./columns.ts";
import { ANY_NUMBER, type Command } from "./command.ts";
import { printRows } from "./row-table.ts";

export const listRows: Command = {
  name: "list",
  usage: "TABLE [RECORD]...",
  minimum: 1,
  maximum: ANY_NUMBER,
  options: ["--if-exists", "--columns="],
  run(invocation) {
    const { words, options, transaction } = invocation;
    const table = findTable(words[0]);
    const ids = words.slice(1);
    if (ids.length === 0) return printRows(invocation, table, rowsOf(transaction, table));
    const look = options.has("--if-exists") ? findRow : getRow;
    printRows(
      invocation,
      table,
      ids.map((id) => look(transaction, table, id)).filter((row) => row !== undefined),
    );
  },
};
