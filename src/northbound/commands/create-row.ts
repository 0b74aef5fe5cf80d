import type { TableName } from "../database/model.ts";
import { findTable, setColumn } from "./columns.ts";
import { ANY_NUMBER, type Command, CommandError } from "./command.ts";

export const createRow: Command = {
  name: "create",
  usage: "TABLE COLUMN[:KEY]=VALUE...",
  minimum: 2,
  maximum: ANY_NUMBER,
  options: ["--id="],
  run({ words, options, transaction, print }) {
    const [tableWord, ...settings] = words;
    const table = findTable(tableWord);
    if (options.has("--id")) throw new CommandError("--id is not supported by the embedded control plane");
    if (table.name === "NB_Global") throw new CommandError("table NB_Global has its one row already");
    const { uuid } = transaction.insert(table.name as TableName);
    for (const setting of settings) setColumn(transaction, table.name as TableName, uuid, setting);
    print(`${uuid}\n`);
  },
};
