import type { Atom } from "../database/datum.ts";
import { isScalar } from "../database/datum.ts";
import type { Column } from "../database/schema.ts";
import { columnValue, findColumn, findRow, findWritableTable, getRow, writeColumn } from "./columns.ts";
import { ANY_NUMBER, type Command, CommandError } from "./command.ts";
import { parseDatum } from "./value-parser.ts";

export const removeValues: Command = {
  name: "remove",
  usage: "TABLE RECORD COLUMN KEY|VALUE|KEY=VALUE...",
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
      throw new CommandError(`cannot modify scalar column ${column.name} of table ${table.name} with "remove"`);
    }
    const datum = columnValue(row, column);
    const next =
      datum instanceof Map ? without(column, datum, values) : setWithout(column, datum as readonly Atom[], values);
    const count = next instanceof Map ? next.size : (next as readonly Atom[]).length;
    if (count < column.min) {
      throw new CommandError(
        `"remove" operation would put ${count} values in column ${column.name} of table ${table.name} but the minimum number is ${column.min}`,
      );
    }
    writeColumn(transaction, table, row.uuid, column, next);
  },
};

function setWithout(column: Column, atoms: readonly Atom[], values: readonly string[]): readonly Atom[] {
  const gone = values.flatMap(
    (value) => parseDatum({ ...column, min: 0, max: Number.POSITIVE_INFINITY }, value) as Atom[],
  );
  return atoms.filter((atom) => !gone.includes(atom));
}

/** KEY removes the pair whatever its value; KEY=VALUE only that very pair. */
function without(column: Column, map: ReadonlyMap<Atom, Atom>, values: readonly string[]): Map<Atom, Atom> {
  const left = new Map(map);
  for (const value of values) {
    if (/^("(\\.|[^"\\])*"|[^="]*)=/.test(value)) {
      for (const [key, wanted] of parseDatum(column, value) as Map<Atom, Atom>)
        if (left.get(key) === wanted) left.delete(key);
    } else {
      for (const key of parseDatum({ ...column, value: undefined }, value) as Atom[]) left.delete(key);
    }
  }
  return left;
}
