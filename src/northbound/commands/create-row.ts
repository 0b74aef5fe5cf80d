import type { TableName } from "../database/model.ts";
import { findWritableTable, setColumn } from "./columns.ts";
import { ANY_NUMBER, type Command, CommandError } from "./command.ts";

export const createRow: Command = {
  name: "create",
  usage: "TABLE COLUMN[:KEY]=VALUE...",
  minimum: 2,
  maximum: ANY_NUMBER,
  options: ["--id="],
  run({ words, options, transaction, print, warn }) {
    const [tableWord, ...settings] = words;
    const table = findWritableTable(tableWord);
    const name = options.get("--id");
    if (name !== undefined && !name.startsWith("@")) throw new CommandError(`row id "${name}" does not begin with "@"`);
    if (name !== undefined && transaction.row(table.name as TableName, transaction.uuidNamed(name))) {
      throw new CommandError(`row id "${name}" may only be specified on one --id option`);
    }
    if (name === undefined && !table.isRoot) {
      warn(`applying "create" command to table ${table.name} without --id option will have no effect`);
    }
    if (table.name === "NB_Global") throw new CommandError("table NB_Global has its one row already");
    const { uuid } = transaction.insert(table.name as TableName, {}, name);
    for (const setting of settings) setColumn(transaction, table.name as TableName, uuid, setting);
    print(`${uuid}\n`);
  },
};
