import type { TableName } from "../database/model.ts";
import { findRow, findWritableTable, getRow, setColumn } from "./columns.ts";
import { ANY_NUMBER, type Command } from "./command.ts";

export const setColumns: Command = {
  name: "set",
  usage: "TABLE RECORD COLUMN[:KEY]=VALUE...",
  minimum: 3,
  maximum: ANY_NUMBER,
  options: ["--if-exists"],
  run({ words, options, transaction }) {
    const [tableWord, id, ...settings] = words;
    const table = findWritableTable(tableWord);
    const row = options.has("--if-exists") ? findRow(transaction, table, id) : getRow(transaction, table, id);
    if (!row) return;
    for (const setting of settings) setColumn(transaction, table.name as TableName, row.uuid, setting);
  },
};
