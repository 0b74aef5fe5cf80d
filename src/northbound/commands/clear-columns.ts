import { emptyDatum } from "../database/datum.ts";
import { findColumn, findRow, findWritableTable, getRow, writeColumn } from "./columns.ts";
import { ANY_NUMBER, type Command, CommandError } from "./command.ts";

export const clearColumns: Command = {
  name: "clear",
  usage: "TABLE RECORD COLUMN...",
  minimum: 3,
  maximum: ANY_NUMBER,
  options: ["--if-exists"],
  run({ words, options, transaction }) {
    const [tableWord, id, ...columnWords] = words;
    const table = findWritableTable(tableWord);
    const row = options.has("--if-exists") ? findRow(transaction, table, id) : getRow(transaction, table, id);
    if (!row) return;
    for (const word of columnWords) {
      const column = findColumn(table, word);
      if (column.min > 0) {
        throw new CommandError(
          `"clear" operation cannot be applied to column ${column.name} of table ${table.name}, which is not allowed to be empty`,
        );
      }
      writeColumn(transaction, table, row.uuid, column, emptyDatum(column));
    }
  },
};
