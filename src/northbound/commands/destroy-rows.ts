import type { TableName } from "../database/model.ts";
import { findRow, findWritableTable, getRow, rowsOf } from "./columns.ts";
import { ANY_NUMBER, type Command, CommandError } from "./command.ts";

export const destroyRows: Command = {
  name: "destroy",
  usage: "TABLE [RECORD]...",
  minimum: 1,
  maximum: ANY_NUMBER,
  options: ["--if-exists", "--all"],
  run({ words, options, transaction }) {
    const [tableWord, ...ids] = words;
    const table = findWritableTable(tableWord);
    if (options.has("--all") && ids.length > 0) {
      throw new CommandError("--all and records argument should not be specified together");
    }
    if (options.has("--all") && options.has("--if-exists")) {
      throw new CommandError("--all and --if-exists should not be specified together");
    }
    if (table.name === "NB_Global") throw new CommandError("the row of table NB_Global cannot be destroyed");
    const look = options.has("--if-exists") ? findRow : getRow;
    const rows = options.has("--all") ? rowsOf(transaction, table) : ids.map((id) => look(transaction, table, id));
    // Rows that live by others' references go with the last of these, and not before.
    if (!table.isRoot) return;
    for (const row of rows) if (row) transaction.remove(table.name as TableName, row.uuid);
  },
};
