/**
 * A database server in memory: enough of ovsdb-server for one client's session, with what it heard kept for the test.
 */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Connection } from "../../../src/json-rpc/connection.ts";
import { type Id, isObject, type Json } from "../../../src/json-rpc/message.ts";
import { parseSchema, type Schema } from "../../../src/ovsdb/schema.ts";

type Columns = Record<string, Json>;
type Rows = Record<string, Columns>;

export interface FakeServerOptions {
  readonly schema: Json;
  /** Methods that this server is too old to know. */
  readonly unknown?: readonly string[];
  /** false: somebody else holds the lock. */
  readonly lock?: boolean;
  readonly path?: string;
}

let servers = 0;

export class FakeServer {
  readonly tables: Record<string, Rows> = {};
  /** Operations of each transaction. */
  readonly transactions: Json[][] = [];
  readonly requests: [method: string, params: readonly Json[]][] = [];
  readonly path: string;
  readonly #options: FakeServerOptions;
  readonly #schema: Schema;
  readonly #server: Server;
  readonly #clients = new Map<Connection, Socket>();
  #monitor: "update" | "update2" | "update3" | undefined;

  static async start(options: FakeServerOptions): Promise<FakeServer> {
    const fake = new FakeServer(options);
    fake.#server.listen(fake.path);
    await once(fake.#server, "listening");
    return fake;
  }

  private constructor(options: FakeServerOptions) {
    this.#options = options;
    this.#schema = parseSchema(options.schema);
    this.path = options.path ?? join(tmpdir(), `fake-ovsdb-${process.pid}-${++servers}.sock`);
    this.#server = createServer((socket) => {
      const client: Connection = new Connection(
        socket,
        { limits: { bytes: 1 << 24, depth: 100 } },
        {
          request: (connection, method, params, id) => this.#answer(connection, method, params, id),
          closed: () => this.#clients.delete(client),
        },
      );
      this.#clients.set(client, socket);
    });
  }

  get remote(): string {
    return `unix:${this.path}`;
  }

  /** Changes rows as another client would: null deletes one. Whole values, not differences. */
  change(tables: Readonly<Record<string, Readonly<Record<string, Columns | null>>>>): void {
    const before = structuredClone(this.tables);
    for (const [table, rows] of Object.entries(tables)) {
      for (const [uuid, columns] of Object.entries(rows)) {
        this.tables[table] ??= {};
        if (columns === null) delete this.tables[table][uuid];
        else this.tables[table][uuid] = { ...this.tables[table][uuid], ...columns };
      }
    }
    this.#tell(before, tables);
  }

  /** Sends text as it is. */
  say(text: string): void {
    for (const socket of this.#clients.values()) socket.write(text);
  }

  notify(method: string, params: Json[]): void {
    this.say(JSON.stringify({ id: null, method, params }));
  }

  dropClients(): void {
    for (const client of this.#clients.keys()) client.destroy("dropped");
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.dropClients();
    await closed;
  }

  #answer(client: Connection, method: string, params: readonly Json[], id: Id): void {
    this.requests.push([method, params]);
    if (this.#options.unknown?.includes(method)) {
      client.refuse(id, "unknown method");
      return;
    }
    switch (method) {
      case "get_schema":
        client.reply(id, this.#options.schema);
        return;
      case "lock":
        client.reply(id, { locked: this.#options.lock ?? true });
        return;
      case "monitor_cond_since":
        this.#monitor = "update3";
        client.reply(id, [false, "0", this.#contents("initial")]);
        return;
      case "monitor_cond":
        this.#monitor = "update2";
        client.reply(id, this.#contents("initial"));
        return;
      case "monitor":
        this.#monitor = "update";
        client.reply(id, this.#contents("new"));
        return;
      case "transact":
        this.#transact(client, params.slice(1), id);
        return;
      default:
        client.refuse(id, "unknown method");
    }
  }

  #contents(word: string): Json {
    return Object.fromEntries(
      Object.entries(this.tables).map(([table, rows]) => [
        table,
        Object.fromEntries(Object.entries(rows).map(([uuid, columns]) => [uuid, { [word]: columns }])),
      ]),
    );
  }

  #transact(client: Connection, operations: readonly Json[], id: Id): void {
    this.transactions.push([...operations]);
    const changed: Record<string, Record<string, Columns>> = {};
    const before = structuredClone(this.tables);
    for (const operation of operations) {
      if (!isObject(operation) || operation.op === "assert") continue;
      const table = operation.table as string;
      const uuid = ((operation.where as Json[][])[0][2] as string[])[1];
      const row = this.tables[table]?.[uuid];
      if (row === undefined) continue;
      if (operation.op === "update") Object.assign(row, operation.row);
      for (const [column, verb, value] of (operation.mutations ?? []) as [string, string, [string, Json[]]][]) {
        if (verb === "insert")
          row[column] = ["map", [...((row[column] ?? ["map", []]) as [string, Json[]])[1], ...value[1]]];
      }
      changed[table] = { ...changed[table], [uuid]: row };
    }
    this.#tell(before, changed);
    client.reply(
      id,
      operations.map((operation) => (isObject(operation) && operation.op === "assert" ? {} : { count: 1 })) as Json,
    );
  }

  #tell(
    before: Record<string, Rows>,
    changed: Readonly<Record<string, Readonly<Record<string, Columns | null>>>>,
  ): void {
    const updates: Record<string, Record<string, Json>> = {};
    for (const [table, rows] of Object.entries(changed)) {
      for (const uuid of Object.keys(rows)) {
        updates[table] ??= {};
        updates[table][uuid] = this.#rowUpdate(table, before[table]?.[uuid], this.tables[table]?.[uuid]);
      }
    }
    if (this.#monitor === "update3") this.notify("update3", ["megaflow", "0", updates]);
    else if (this.#monitor !== undefined) this.notify(this.#monitor, ["megaflow", updates]);
  }

  #rowUpdate(table: string, old: Columns | undefined, now: Columns | undefined): Json {
    if (this.#monitor === "update") return { ...(old && { old }), ...(now && { new: now }) };
    if (now === undefined) return { delete: null };
    if (old === undefined) return { insert: now };
    const modify: Columns = {};
    for (const [column, value] of Object.entries(now)) {
      if (JSON.stringify(old[column]) === JSON.stringify(value)) continue;
      const many = (this.#schema.tables.get(table)?.get(column)?.max ?? 1) > 1;
      modify[column] = many ? difference(old[column], value) : value;
    }
    return { modify };
  }
}

/** What came and what went, as update2 has it. */
function difference(old: Json | undefined, now: Json): Json {
  const tag = Array.isArray(now) && now[0] === "map" ? "map" : "set";
  const items = elements(now);
  const had = elements(old);
  const text = (item: Json) => JSON.stringify(item);
  const [before, after] = [new Set(had.map(text)), new Set(items.map(text))];
  const keys = new Set(items.map((item) => text((item as Json[])[0])));
  const gone = had.filter((item) => !after.has(text(item)) && !(tag === "map" && keys.has(text((item as Json[])[0]))));
  return [tag, [...gone, ...items.filter((item) => !before.has(text(item)))]];
}

/** Of a map or a set, whose only element may stand for itself. */
function elements(value: Json | undefined): readonly Json[] {
  if (value === undefined) return [];
  return Array.isArray(value) && (value[0] === "map" || value[0] === "set") ? (value[1] as Json[]) : [value];
}
