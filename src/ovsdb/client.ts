/**
 * A client of ovsdb-server: a copy of the tables it monitors, a lock, and transactions; reconnecting for ever.
 *
 * What: connect, get_schema, lock, monitor_cond_since (or monitor_cond, or monitor, by what the server knows), then updates.
 *   `changed` tells that the copy has changed, or that the lock was gained or lost, at most once for what came together.
 * Invariants: the copy stays readable while the connection is away. A server that sends what does not fit its own schema is
 *   disconnected and asked anew. `transact` never rejects: it tells whether the database took it.
 * Not handled: ssl, several remotes, clusters' leaders, fetching only what changed since the last connection.
 */
import { Connection, RemoteError } from "../json-rpc/connection.ts";
import { isObject, type Json } from "../json-rpc/message.ts";
import { Backoff } from "./backoff.ts";
import { connectTo, parseRemote, type Remote } from "./remote.ts";
import { Replica, type Selection } from "./replica.ts";
import { parseSchema } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

export interface ClientLog {
  info(text: string): void;
  warn(text: string): void;
}

export interface ClientOptions {
  /** As every OVS program writes it: `unix:PATH`. */
  readonly remote: string;
  readonly database: string;
  readonly tables: Selection;
  readonly lock: string;
  readonly log: ClientLog;
  readonly changed: () => void;
  /** Milliseconds; 5 s for TCP and none for Unix sockets, unless given. */
  readonly probeInterval?: number;
  readonly backoff?: Backoff;
}

export type Outcome = "written" | "refused" | "lost";

/** A database of a hundred thousand ports comes in one message. */
const LIMITS = { bytes: 256 << 20, depth: 1000 };
/** Unix sockets tell when the peer is gone. */
const TCP_PROBE_INTERVAL = 5000;
const MONITOR_ID: Json = "megaflow";
const BEFORE_EVERYTHING = "00000000-0000-0000-0000-000000000000";

export class DatabaseClient {
  readonly #options: ClientOptions;
  readonly #remote: Remote;
  readonly #backoff: Backoff;
  #connection: Connection | undefined;
  #retry: NodeJS.Timeout | undefined;
  #connectedAt = 0;
  #replica: Replica | undefined;
  /** Updates that came before the contents they change were taken in: both may be in one packet. */
  #early: [method: string, params: readonly Json[]][] | undefined;
  #hasLock = false;
  #told = true;
  #closed = false;

  /** @throws RemoteNameError */
  constructor(options: ClientOptions) {
    this.#options = options;
    this.#backoff = options.backoff ?? new Backoff();
    this.#remote = parseRemote(options.remote);
    this.#connect();
  }

  /** The tables; undefined until the server has sent them for the first time. */
  get replica(): Replica | undefined {
    return this.#replica;
  }

  /** Whether this client may write. */
  get hasLock(): boolean {
    return this.#hasLock;
  }

  get isConnected(): boolean {
    return this.#connectedAt > 0;
  }

  /** "written" when the database took it: the updates it causes have arrived by then. */
  async transact(transaction: Transaction): Promise<Outcome> {
    const { database, lock, log } = this.#options;
    const connection = this.#connection;
    if (connection === undefined) return "lost";
    try {
      const results = await connection.request("transact", [database, ...transaction.operations(lock)]);
      const failed = Array.isArray(results) ? results.find((result) => isObject(result) && "error" in result) : results;
      if (failed === undefined) return "written";
      log.warn(`transaction refused: ${JSON.stringify(failed)}`);
      return "refused";
    } catch (error) {
      if (!(error instanceof RemoteError)) return "lost";
      log.warn(`transaction refused: ${error.message}`);
      return "refused";
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#connection?.destroy("closed");
  }

  #connect(): void {
    const { remote, log, probeInterval } = this.#options;
    this.#early = [];
    log.info(`${remote}: connecting...`);
    const socket = connectTo(this.#remote);
    const probe = probeInterval ?? (this.#remote.kind === "tcp" ? TCP_PROBE_INTERVAL : 0);
    const connection = new Connection(
      socket,
      { limits: LIMITS, probeInterval: probe },
      {
        notification: (method, params) => this.#notified(connection, method, params),
        closed: (reason) => this.#disconnected(reason),
      },
    );
    this.#connection = connection;
    socket.once("connect", () => {
      this.#connectedAt = performance.now();
      log.info(`${remote}: connected`);
      this.#start(connection).catch((error: Error) => connection.destroy(error.message));
    });
  }

  #disconnected(reason: string): void {
    const { remote, log } = this.#options;
    const lasted = this.#connectedAt === 0 ? 0 : performance.now() - this.#connectedAt;
    this.#connectedAt = 0;
    this.#connection = undefined;
    this.#hasLock = false;
    if (this.#closed) return;
    log.info(`${remote}: ${lasted === 0 ? "connection attempt failed" : "connection dropped"} (${reason})`);
    const delay = this.#backoff.next(lasted);
    log.info(`${remote}: waiting ${delay / 1000} seconds before reconnect`);
    this.#retry = setTimeout(() => this.#connect(), delay);
  }

  async #start(connection: Connection): Promise<void> {
    const { database, lock, tables } = this.#options;
    const [schema, locked] = await Promise.all([
      connection.request("get_schema", [database]),
      connection.request("lock", [lock]),
    ]);
    const replica = new Replica(parseSchema(schema), tables);
    this.#hasLock = isObject(locked) && locked.locked === true;
    await this.#monitor(connection, replica);
    this.#changed();
  }

  async #monitor(connection: Connection, replica: Replica): Promise<void> {
    const { database } = this.#options;
    const requests: Record<string, Json> = {};
    for (const [table, columns] of replica.columns) requests[table] = [{ columns: [...columns.keys()] }];
    const plain: Record<string, Json> = {};
    for (const [table, columns] of replica.columns) plain[table] = { columns: [...columns.keys()] };
    const begin = (method: "update" | "update2", contents: Json): void => {
      replica.apply(method, contents);
      this.#replica = replica;
      const early = this.#early ?? [];
      this.#early = undefined;
      for (const [method, params] of early) this.#notified(connection, method, params);
    };
    const since = [database, MONITOR_ID, requests, BEFORE_EVERYTHING];
    const reply = await unlessUnknown(connection.request("monitor_cond_since", since));
    if (Array.isArray(reply)) return begin("update2", reply[2]);
    const conditional = await unlessUnknown(connection.request("monitor_cond", [database, MONITOR_ID, requests]));
    if (conditional !== undefined) return begin("update2", conditional);
    begin("update", await connection.request("monitor", [database, MONITOR_ID, plain]));
  }

  #notified(connection: Connection, method: string, params: readonly Json[]): void {
    if (method === "locked" || method === "stolen") {
      if (params[0] !== this.#options.lock) return;
      this.#hasLock = method === "locked";
      this.#changed();
      return;
    }
    if (connection !== this.#connection) return;
    if (this.#early !== undefined) {
      this.#early.push([method, params]);
      return;
    }
    if (this.#replica === undefined) return;
    if (method === "update3") this.#replica.apply("update2", params[2]);
    else if (method === "update2" || method === "update") this.#replica.apply(method, params[1]);
    else return;
    this.#changed();
  }

  /** Tells once for everything that arrived together. */
  #changed(): void {
    if (!this.#told) return;
    this.#told = false;
    setImmediate(() => {
      this.#told = true;
      if (!this.#closed) this.#options.changed();
    });
  }
}

/** undefined: the server does not know the method. */
async function unlessUnknown(reply: Promise<Json>): Promise<Json | undefined> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof RemoteError && error.error === "unknown method") return undefined;
    throw error;
  }
}
