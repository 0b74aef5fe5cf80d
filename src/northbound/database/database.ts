/**
 * The northbound database: immutable snapshots, changed by transactions that apply wholly or not at all.
 *
 * Invariants: a committed snapshot satisfies the schema: unique names, no reference to a row that is not there, no non-root row
 * that nothing refers to. Rows and tables of a snapshot never change; a transaction copies what it touches.
 * Cost: a commit walks all references, which is nothing for the hundreds of rows a single machine has.
 */
import { ConstraintError, type Datum, emptyDatum, equalData, formatAtom, normalize } from "./datum.ts";
import type { Rows, TableName } from "./model.ts";
import { TABLES, type Table, tableNamed } from "./schema.ts";
import { randomUuids, type Uuid, type UuidSource } from "./uuid.ts";

type AnyRow = { readonly uuid: Uuid } & Readonly<Record<string, Datum>>;
type AnyTable = ReadonlyMap<Uuid, AnyRow>;
export type Snapshot = Readonly<Record<TableName, AnyTable>>;

/** Reading, alike for a snapshot and for a transaction under way. */
export interface Reader {
  /** In the order they were made. */
  rows<T extends TableName>(table: T): readonly Rows[T][];
  row<T extends TableName>(table: T, uuid: Uuid): Rows[T] | undefined;
}

export class Database implements Reader {
  #snapshot: Snapshot;
  readonly #newUuid: UuidSource;

  constructor(newUuid: UuidSource = randomUuids) {
    this.#snapshot = Object.fromEntries(TABLES.map(({ name }) => [name, new Map()])) as unknown as Snapshot;
    this.#newUuid = newUuid;
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  rows<T extends TableName>(table: T): readonly Rows[T][] {
    return [...this.#snapshot[table].values()] as unknown as Rows[T][];
  }

  row<T extends TableName>(table: T, uuid: Uuid): Rows[T] | undefined {
    return this.#snapshot[table].get(uuid) as unknown as Rows[T] | undefined;
  }

  transaction(): Transaction {
    return new Transaction(this.#snapshot, this.#newUuid);
  }

  /** @throws ConstraintError, with nothing changed. Returns whether anything changed. */
  commit(transaction: Transaction): boolean {
    const next = transaction.finish();
    const changed = next !== this.#snapshot;
    this.#snapshot = next;
    return changed;
  }
}

export class Transaction implements Reader {
  readonly #before: Snapshot;
  #tables: Record<TableName, AnyTable>;
  readonly #newUuid: UuidSource;
  /** Names that stand for rows while the transaction lasts (RFC 7047 section 5.1, named-uuid). */
  readonly #named = new Map<string, Uuid>();

  constructor(before: Snapshot, newUuid: UuidSource) {
    this.#before = before;
    this.#tables = { ...before };
    this.#newUuid = newUuid;
  }

  rows<T extends TableName>(table: T): readonly Rows[T][] {
    return [...this.#tables[table].values()] as unknown as Rows[T][];
  }

  row<T extends TableName>(table: T, uuid: Uuid): Rows[T] | undefined {
    return this.#tables[table].get(uuid) as unknown as Rows[T] | undefined;
  }

  /** What a name stands for, the same before its row is made and after. */
  uuidNamed(name: string): Uuid {
    const uuid = this.#named.get(name) ?? this.#newUuid();
    this.#named.set(name, uuid);
    return uuid;
  }

  names(): ReadonlyMap<string, Uuid> {
    return this.#named;
  }

  /** With a name, the row is the one that the name stands for. */
  insert<T extends TableName>(table: T, values: Partial<Omit<Rows[T], "uuid">> = {}, name?: string): Rows[T] {
    const uuid = name === undefined ? this.#newUuid() : this.uuidNamed(name);
    const row: Record<string, Datum> = { uuid };
    for (const column of tableNamed(table).columns) row[column.name] = emptyDatum(column);
    this.#write(table).set(uuid, row as AnyRow);
    return this.update(table, uuid, values);
  }

  update<T extends TableName>(table: T, uuid: Uuid, values: Partial<Omit<Rows[T], "uuid">>): Rows[T] {
    const old = this.#tables[table].get(uuid);
    if (!old) throw new Error(`no row ${uuid} in ${table}`);
    const row: Record<string, Datum> = { ...old };
    for (const column of tableNamed(table).columns) {
      const value = (values as Record<string, Datum | undefined>)[column.name];
      if (value !== undefined) row[column.name] = normalize(column, value);
    }
    this.#write(table).set(uuid, row as AnyRow);
    return row as unknown as Rows[T];
  }

  /** The row goes now; weak references to it and rows that only it kept alive go at commit. */
  remove(table: TableName, uuid: Uuid): void {
    this.#write(table).delete(uuid);
  }

  /** Cleans up references, checks constraints, and gives the new snapshot (the old one if nothing changed). */
  finish(): Snapshot {
    this.#collectGarbage();
    this.#dropWeakReferences();
    this.#checkUnique();
    const changed = TABLES.some(
      ({ name }) => !sameTable(this.#before[name as TableName], this.#tables[name as TableName]),
    );
    return changed ? { ...this.#tables } : this.#before;
  }

  #write(table: TableName): Map<Uuid, AnyRow> {
    if (this.#tables[table] === this.#before[table]) this.#tables[table] = new Map(this.#before[table]);
    return this.#tables[table] as Map<Uuid, AnyRow>;
  }

  #collectGarbage(): void {
    const referred = new Set<Uuid>();
    for (const table of TABLES) {
      for (const column of table.columns.filter(({ refers }) => refers?.strength === "strong")) {
        for (const row of this.#tables[table.name as TableName].values()) {
          for (const uuid of row[column.name] as readonly Uuid[]) {
            if (!this.#tables[column.refers!.to as TableName].has(uuid)) {
              throw refused(
                "referential integrity violation",
                `Table ${table.name} column ${column.name} row ${row.uuid} references nonexistent row ${uuid} in table ` +
                  `${column.refers!.to}.`,
              );
            }
            referred.add(uuid);
          }
        }
      }
    }
    for (const table of TABLES.filter(({ isRoot }) => !isRoot)) {
      for (const uuid of this.#tables[table.name as TableName].keys()) {
        if (!referred.has(uuid)) this.remove(table.name as TableName, uuid);
      }
    }
  }

  #dropWeakReferences(): void {
    for (const table of TABLES) {
      const name = table.name as TableName;
      for (const column of table.columns.filter(({ refers }) => refers?.strength === "weak")) {
        for (const row of [...this.#tables[name].values()]) {
          const uuids = row[column.name] as readonly Uuid[];
          const live = uuids.filter((uuid) => this.#tables[column.refers!.to as TableName].has(uuid));
          if (live.length < uuids.length) this.#write(name).set(row.uuid, { ...row, [column.name]: live } as AnyRow);
        }
      }
    }
  }

  #checkUnique(): void {
    for (const table of TABLES) for (const column of table.unique) this.#checkUniqueColumn(table, column);
  }

  #checkUniqueColumn(table: Table, column: string): void {
    const owners = new Map<Datum, Uuid>();
    for (const row of this.#tables[table.name as TableName].values()) {
      const other = owners.get(row[column]);
      if (other !== undefined) {
        throw refused(
          "constraint violation",
          `Transaction causes multiple rows in "${table.name}" table to have identical values ` +
            `(${formatAtom(row[column] as string)}) for index on column "${column}".`,
        );
      }
      owners.set(row[column], row.uuid);
    }
  }
}

function sameTable(a: AnyTable, b: AnyTable): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [uuid, row] of a) {
    const other = b.get(uuid);
    if (!other) return false;
    for (const name of Object.keys(row)) if (!equalData(row[name], other[name])) return false;
  }
  return true;
}

/** As a database server's answer reaches the caller of ovn-nbctl. */
function refused(error: string, details: string): ConstraintError {
  return new ConstraintError(`transaction error: ${JSON.stringify({ details, error })}`);
}
