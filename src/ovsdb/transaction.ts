/**
 * A transaction under way: what is to be written, one operation a row, and nothing that the database holds already.
 *
 * Invariants: it is worth sending only when `isEmpty` is false; sent, it asserts the lock, so that a daemon that has lost
 *   its place to another one writes nothing.
 */
import type { Json } from "../json-rpc/message.ts";
import { type Datum, formatDatum, type NamedRow, sameDatum } from "./datum.ts";
import type { Replica } from "./replica.ts";

interface RowUpdate {
  readonly table: string;
  readonly uuid: string;
  readonly columns: Map<string, Json>;
}

export class Transaction {
  readonly #replica: Replica;
  readonly #updates = new Map<string, RowUpdate>();
  readonly #others: Json[] = [];

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  get isEmpty(): boolean {
    return this.#updates.size === 0 && this.#others.length === 0;
  }

  /** Sets columns of a row that differ from what it holds. Rows and columns that do not exist are left alone. */
  update(table: string, uuid: string, columns: Readonly<Record<string, Datum>>): void {
    const row = this.#replica.row(table, uuid);
    const types = this.#replica.columns.get(table);
    if (row === undefined || types === undefined) return;
    for (const [name, value] of Object.entries(columns)) {
      const type = types.get(name);
      if (type === undefined || sameDatum(row[name], value)) continue;
      const key = `${table} ${uuid}`;
      let update = this.#updates.get(key);
      if (update === undefined) {
        update = { table, uuid, columns: new Map() };
        this.#updates.set(key, update);
      }
      update.columns.set(name, formatDatum(value, type));
    }
  }

  /** Puts pairs into a map column, those that are there with other values included. */
  insertPairs(table: string, uuid: string, column: string, pairs: ReadonlyMap<string, string>): void {
    const held = this.#replica.row(table, uuid)?.[column];
    const type = this.#replica.columns.get(table)?.get(column);
    if (!(held instanceof Map) || type === undefined) return;
    const missing = new Map([...pairs].filter(([key, value]) => held.get(key) !== value));
    if (missing.size === 0) return;
    const mutations: Json[] = [];
    const replaced = new Set([...missing.keys()].filter((key) => held.has(key)));
    if (replaced.size > 0) mutations.push([column, "delete", ["set", [...replaced]]]);
    mutations.push([column, "insert", formatDatum(missing, type)]);
    this.#others.push({ op: "mutate", table, where: whereUuid(uuid), mutations });
  }

  /** Makes a row; `name` is what other columns of this transaction call it (NamedRow). */
  insert(table: string, name: string, columns: Readonly<Record<string, Datum | NamedRow>>): void {
    const types = this.#replica.schema.tables.get(table);
    if (types === undefined) return;
    const row: Record<string, Json> = {};
    for (const [column, value] of Object.entries(columns)) row[column] = formatDatum(value, types.get(column)!);
    this.#others.push({ op: "insert", table, "uuid-name": name, row });
  }

  /** The operations, the lock's assertion last. */
  operations(lock: string): Json[] {
    const updates = [...this.#updates.values()].map(({ table, uuid, columns }) => ({
      op: "update",
      table,
      where: whereUuid(uuid),
      row: Object.fromEntries(columns),
    }));
    return [...this.#others, ...updates, { op: "assert", lock }];
  }
}

function whereUuid(uuid: string): Json {
  return [["_uuid", "==", ["uuid", uuid]]];
}
