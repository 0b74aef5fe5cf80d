import { type Atom, formatAtom, formatDatum } from "../database/datum.ts";
import { columnValue, findRow, findTable, getRow, parseColumnKey } from "./columns.ts";
import { ANY_NUMBER, type Command, CommandError } from "./command.ts";

export const getColumns: Command = {
  name: "get",
  usage: "TABLE RECORD [COLUMN[:KEY]]...",
  minimum: 2,
  maximum: ANY_NUMBER,
  options: ["--if-exists"],
  run({ words, options, transaction, print }) {
    const [tableWord, id, ...columnWords] = words;
    const table = findTable(tableWord);
    const row = options.has("--if-exists") ? findRow(transaction, table, id) : getRow(transaction, table, id);
    if (!row) return;
    for (const word of columnWords) {
      const { column, key, rest } = parseColumnKey(table, word);
      if (rest !== "") throw new CommandError(`${word}: trailing garbage "${rest}" in argument`);
      const datum = columnValue(row, column);
      if (key === undefined) {
        print(`${formatDatum(column, datum)}\n`);
        continue;
      }
      const value = (datum as ReadonlyMap<Atom, Atom>).get(key);
      if (value !== undefined) print(`${formatAtom(value, column.value)}\n`);
      else if (!options.has("--if-exists")) {
        throw new CommandError(`no key "${key}" in ${table.name} record "${id}" column ${column.name}`);
      }
    }
  },
};
