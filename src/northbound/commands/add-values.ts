import { type Atom, type Datum, isScalar } from "../database/datum.ts";
import { columnValue, findColumn, findRow, findWritableTable, getRow, rowNames, writeColumn } from "./columns.ts";
import { ANY_NUMBER, type Command, CommandError } from "./command.ts";
import { parseDatum } from "./value-parser.ts";

export const addValues: Command = {
  name: "add",
  usage: "TABLE RECORD COLUMN [KEY=]VALUE...",
  minimum: 4,
  maximum: ANY_NUMBER,
  options: ["--if-exists"],
  run({ words, options, transaction }) {
    const [tableWord, id, columnWord, ...values] = words;
    const table = findWritableTable(tableWord);
    const row = options.has("--if-exists") ? findRow(transaction, table, id) : getRow(transaction, table, id);
    if (!row) return;
    const column = findColumn(table, columnWord);
    if (isScalar(column)) {
      throw new CommandError(`cannot modify scalar column ${column.name} of table ${table.name} with "add"`);
    }
    let datum = columnValue(row, column);
    for (const value of values)
      datum = union(
        datum,
        parseDatum({ ...column, min: 0, max: Number.POSITIVE_INFINITY }, value, rowNames(transaction)),
      );
    const count = datum instanceof Map ? datum.size : (datum as readonly Atom[]).length;
    if (count > column.max) {
      throw new CommandError(
        `"add" operation would put ${count} values in column ${column.name} of table ${table.name} but the maximum number is ${column.max}`,
      );
    }
    writeColumn(transaction, table, row.uuid, column, datum);
  },
};

/** What is there already stays: `add` does not change the value of a key. */
function union(a: Datum, b: Datum): Datum {
  if (a instanceof Map) return new Map([...(b as ReadonlyMap<Atom, Atom>), ...a]);
  return [...(a as readonly Atom[]), ...(b as readonly Atom[])];
}
