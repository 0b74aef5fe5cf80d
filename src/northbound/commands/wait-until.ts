import { findRow, findTable } from "./columns.ts";
import { ANY_NUMBER, type Command, CommandError } from "./command.ts";
import { parseCondition } from "./find-rows.ts";

/** Nobody else changes this database during a call: what does not hold now will not as long as it lasts. */
export const waitUntil: Command = {
  name: "wait-until",
  usage: "TABLE RECORD [COLUMN[:KEY]=VALUE]...",
  minimum: 2,
  maximum: ANY_NUMBER,
  run({ words, transaction }) {
    const [tableWord, id, ...conditions] = words;
    const table = findTable(tableWord);
    const row = findRow(transaction, table, id);
    if (!row || !conditions.every((text) => parseCondition(table, text)(row))) {
      throw new CommandError(`wait-until: the condition does not hold, and a call cannot wait for another`);
    }
  },
};
