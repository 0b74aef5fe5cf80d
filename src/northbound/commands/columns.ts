/** Tables, rows and columns by the words that the database commands (`set`, `list` …) are given. */

import type { Reader, Transaction } from "../database/database.ts";
import { type Atom, atomsOf, type Datum, isScalar } from "../database/datum.ts";
import type { Rows, TableName } from "../database/model.ts";
import { type Column, TABLES, type Table, tableNamed, UNSUPPORTED_TABLES } from "../database/schema.ts";
import { isUuid, type Uuid } from "../database/uuid.ts";
import { CommandError } from "./command.ts";
import { checkPortType } from "./port-types.ts";
import { parseAtom, parseDatum, parseWholeAtom, type RowNames, readWord } from "./value-parser.ts";

export type AnyRow = { readonly uuid: Uuid } & Readonly<Record<string, Datum>>;

/** Names match in any case, with - for _, and shortened as long as they are clear. */
const canonical = (name: string): string => name.toLowerCase().replaceAll("-", "_");

export function findTable(word: string): Table {
  const names = [...TABLES.map(({ name }) => name), ...UNSUPPORTED_TABLES].sort();
  const exact = names.filter((name) => canonical(name) === canonical(word));
  const matches = exact.length > 0 ? exact : names.filter((name) => canonical(name).startsWith(canonical(word)));
  if (matches.length === 0) throw new CommandError(`unknown table "${word}"`);
  if (matches.length > 1) {
    throw new CommandError(`"${word}" matches multiple table names: ${matches.join(", ")}`);
  }
  if (UNSUPPORTED_TABLES.includes(matches[0])) {
    throw new CommandError(`table ${matches[0]} is not supported by the embedded control plane`);
  }
  return tableNamed(matches[0]);
}

/** For commands that change rows. */
export function findWritableTable(word: string): Table {
  const table = findTable(word);
  if (table.writtenBy) throw new CommandError(`table ${table.name} is written by ${table.writtenBy} only`);
  return table;
}

const UUID_COLUMN: Column = { name: "_uuid", key: "uuid", min: 1, max: 1 };

export function findColumn(table: Table, word: string): Column {
  const columns = [UUID_COLUMN, ...table.columns];
  const exact = columns.find(({ name }) => canonical(name) === canonical(word));
  if (exact) return exact;
  const matches = columns.filter(({ name }) => canonical(name).startsWith(canonical(word)));
  if (matches.length === 1) return matches[0];
  if (matches.length > 1) {
    throw new CommandError(`${table.name} contains more than one column whose name matches "${word}"`);
  }
  throw new CommandError(`${table.name} does not contain a column whose name matches "${word}"`);
}

export function rowsOf(reader: Reader, table: Table): readonly AnyRow[] {
  return reader.rows(table.name as TableName) as unknown as AnyRow[];
}

export function findRow(reader: Reader, table: Table, id: string): AnyRow | undefined {
  const rows = rowsOf(reader, table);
  if (id === "." && rows.length === 1) return rows[0];
  const byUuid = isUuid(id) ? rows.find(({ uuid }) => uuid === id.toLowerCase()) : undefined;
  if (byUuid) return byUuid;
  const named = table.nameColumn ? rows.filter((row) => row[table.nameColumn!] === id) : [];
  if (named.length > 1) {
    throw new CommandError(`multiple rows in ${table.name} match "${id}"`);
  }
  return named[0] ?? byShortUuid(rows, id);
}

/** Enough of a UUID's beginning to be clear, four digits or more. */
function byShortUuid(rows: readonly AnyRow[], id: string): AnyRow | undefined {
  if (!/^[0-9a-f]{4}[0-9a-f-]*$/i.test(id)) return undefined;
  const matches = rows.filter(({ uuid }) => uuid.startsWith(id.toLowerCase()));
  return matches.length === 1 ? matches[0] : undefined;
}

export function getRow(reader: Reader, table: Table, id: string): AnyRow {
  const row = findRow(reader, table, id);
  if (!row) throw new CommandError(`no row "${id}" in table ${table.name}`);
  return row;
}

export const columnValue = (row: AnyRow, column: Column): Datum =>
  column === UUID_COLUMN ? row.uuid : row[column.name];

/** COLUMN[:KEY] and what follows it. */
export function parseColumnKey(table: Table, text: string): { column: Column; key?: Atom; rest: string } {
  const { word, end } = readWord(text, 0);
  if (word === "") throw new CommandError(`${text}: missing column name`);
  const column = findColumn(table, word);
  if (text[end] !== ":") return { column, rest: text.slice(end) };
  if (!column.value) throw new CommandError(`cannot specify key to get for non-map column ${column.name}`);
  const key = readWord(text, end + 1);
  return { column, key: parseAtom(column.key, key.word), rest: text.slice(key.end) };
}

export const rowNames =
  (transaction: Transaction): RowNames =>
  (name) =>
    transaction.uuidNamed(name);

/** COLUMN[:KEY]=VALUE on one row. */
export function setColumn(transaction: Transaction, tableName: TableName, uuid: Uuid, text: string): void {
  const table = tableNamed(tableName);
  const { word, end } = readWord(text, 0);
  const column = word === "" ? undefined : findColumn(table, word);
  const keyed = text[end] === ":";
  const key = keyed ? readWord(text, end + 1) : undefined;
  const at = key ? key.end : end;
  if (!column || text[at] !== "=" || at + 1 >= text.length) {
    throw new CommandError(`${text}: argument does not end in "=" followed by a value.`);
  }
  if (key && !column.value) throw new CommandError(`cannot specify key to set for non-map column ${column.name}`);
  const valueText = text.slice(at + 1);
  if (!key) {
    writeColumn(transaction, table, uuid, column, parseDatum(column, valueText, rowNames(transaction)));
    return;
  }
  const old = (transaction.row(tableName, uuid) as unknown as AnyRow)[column.name] as ReadonlyMap<Atom, Atom>;
  const value = parseWholeAtom(column.value!, valueText);
  writeColumn(transaction, table, uuid, column, new Map([...old, [parseAtom(column.key, key.word), value]]));
}

export function writeColumn(transaction: Transaction, table: Table, uuid: Uuid, column: Column, datum: Datum): void {
  if (column === UUID_COLUMN) throw new CommandError(`cannot modify read-only column _uuid in table ${table.name}`);
  if (column.unsupported && !isEmpty(column, datum)) {
    throw new CommandError(
      `column ${column.name} of ${table.name}: ${column.unsupported} by the embedded control plane`,
    );
  }
  if (table.name === "Logical_Switch_Port" && column.name === "type") {
    const problem = checkPortType(String(datum));
    if (problem) throw new CommandError(problem);
  }
  const values = { [column.name]: datum } as Partial<Rows[TableName]>;
  transaction.update(table.name as TableName, uuid, values);
}

function isEmpty(column: Column, datum: Datum): boolean {
  return isScalar(column) ? datum === "" || datum === 0 || datum === false : atomsOf(datum).length === 0;
}
