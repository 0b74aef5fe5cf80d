/**
 * A copy of the monitored tables, kept up to date by the server's updates.
 *
 * Invariants: a row object is never changed: an update makes a new one, so that two versions can be compared by identity.
 *   An update that does not fit the schema throws and leaves the copy unusable: the owner drops the connection and asks anew.
 */
import { isObject, type Json } from "../json-rpc/message.ts";
import { applyDifference, type Datum, DatumError, defaultDatum, parseDatum } from "./datum.ts";
import type { Schema, TableSchema } from "./schema.ts";

/** Columns by name; columns that the server's schema has not are undefined. */
export interface Row {
  readonly _uuid: string;
  readonly [column: string]: Datum;
}

/** Monitored columns by table. */
export type Selection = Readonly<Record<string, readonly string[]>>;

export class Replica {
  readonly schema: Schema;
  readonly #columns: ReadonlyMap<string, TableSchema>;
  readonly #tables = new Map<string, Map<string, Row>>();

  constructor(schema: Schema, selection: Selection) {
    this.schema = schema;
    this.#columns = selectedColumns(schema, selection);
    for (const table of this.#columns.keys()) this.#tables.set(table, new Map());
  }

  /** Tables and columns that both the selection and the server's schema have. */
  get columns(): ReadonlyMap<string, TableSchema> {
    return this.#columns;
  }

  /** Columns of all rows. */
  get cells(): number {
    let cells = 0;
    for (const [table, columns] of this.#columns) cells += columns.size * this.#tables.get(table)!.size;
    return cells;
  }

  row(table: string, uuid: string): Row | undefined {
    return this.#tables.get(table)?.get(uuid);
  }

  rows(table: string): IterableIterator<Row> {
    return (this.#tables.get(table) ?? new Map<string, Row>()).values();
  }

  /** Takes a monitor's initial contents or one of its updates. `update` is RFC 7047's form, the others are update2's. */
  apply(method: "update" | "update2", updates: Json): void {
    if (!isObject(updates)) throw new DatumError("an update must be an object");
    for (const [table, rows] of Object.entries(updates)) {
      const types = this.#columns.get(table);
      if (types === undefined || !isObject(rows))
        throw new DatumError(`update of table ${table}, which is not monitored`);
      for (const [uuid, change] of Object.entries(rows)) {
        if (!isObject(change)) throw new DatumError(`update of ${table} ${uuid} is not an object`);
        if (method === "update") this.#replace(table, types, uuid, change);
        else this.#change(table, types, uuid, change);
      }
    }
  }

  #replace(table: string, types: TableSchema, uuid: string, change: { readonly [name: string]: Json }): void {
    if (change.new === undefined) this.#tables.get(table)!.delete(uuid);
    else this.#put(table, uuid, parseRow(uuid, change.new, types, this.row(table, uuid) ?? emptyRow(uuid, types)));
  }

  #change(table: string, types: TableSchema, uuid: string, change: { readonly [name: string]: Json }): void {
    const { initial, insert, modify } = change;
    const whole = initial ?? insert;
    if (whole !== undefined) {
      this.#put(table, uuid, parseRow(uuid, whole, types, emptyRow(uuid, types)));
    } else if (modify !== undefined) {
      const old = this.row(table, uuid);
      if (old === undefined) throw new DatumError(`update of ${table} ${uuid}, which does not exist`);
      this.#put(table, uuid, modifyRow(old, modify, types));
    } else {
      this.#tables.get(table)!.delete(uuid);
    }
  }

  #put(table: string, uuid: string, row: Row): void {
    this.#tables.get(table)!.set(uuid, row);
  }
}

function selectedColumns(schema: Schema, selection: Selection): Map<string, TableSchema> {
  const tables = new Map<string, TableSchema>();
  for (const [table, names] of Object.entries(selection)) {
    const types = schema.tables.get(table);
    if (types === undefined) continue;
    tables.set(table, new Map(names.filter((name) => types.has(name)).map((name) => [name, types.get(name)!])));
  }
  return tables;
}

function emptyRow(uuid: string, types: TableSchema): Row {
  return { _uuid: uuid, ...Object.fromEntries([...types].map(([name, type]) => [name, defaultDatum(type)])) };
}

function parseRow(uuid: string, json: Json, types: TableSchema, base: Row): Row {
  if (!isObject(json)) throw new DatumError(`row ${uuid} is not an object`);
  const row: Record<string, Datum> = { ...base };
  for (const [name, value] of Object.entries(json)) {
    const type = types.get(name);
    if (type !== undefined) row[name] = parseDatum(value, type);
  }
  return row as Row;
}

function modifyRow(old: Row, json: Json, types: TableSchema): Row {
  if (!isObject(json)) throw new DatumError(`change of row ${old._uuid} is not an object`);
  const row: Record<string, Datum> = { ...old };
  for (const [name, value] of Object.entries(json)) {
    const type = types.get(name);
    if (type !== undefined) row[name] = applyDifference(old[name], value, type);
  }
  return row as Row;
}
