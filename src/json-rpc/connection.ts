/**
 * One JSON-RPC connection over a socket, either side of it.
 *
 * Invariants: every request gets its answer or a ConnectionLost, exactly once. `echo` is answered here. A peer that sends
 *   anything but JSON-RPC is disconnected, with the reason given to `closed`; nothing it sends throws into the owner.
 */
import type { Socket } from "node:net";
import { type Id, type Json, type Message, parseMessage } from "./message.ts";
import { Splitter, type StreamLimits } from "./splitter.ts";

export interface ConnectionHandlers {
  /** A request, to be answered by `reply` or `refuse` with its id. */
  request?(connection: Connection, method: string, params: readonly Json[], id: Id): void;
  notification?(method: string, params: readonly Json[]): void;
  closed(reason: string): void;
}

export interface ConnectionOptions {
  readonly limits: StreamLimits;
  /** Milliseconds of silence after which the peer is asked for an echo, and after the same again given up; 0 = never. */
  readonly probeInterval?: number;
}

/** The peer answered with an error. */
export class RemoteError extends Error {
  readonly error: Json;

  constructor(method: string, error: Json) {
    super(`${method}: ${typeof error === "string" ? error : JSON.stringify(error)}`);
    this.error = error;
  }
}

export class ConnectionLost extends Error {}

interface Waiting {
  readonly method: string;
  resolve(result: Json): void;
  reject(error: Error): void;
}

export class Connection {
  readonly #socket: Socket;
  readonly #handlers: ConnectionHandlers;
  readonly #waiting = new Map<Id, Waiting>();
  readonly #probe: NodeJS.Timeout | undefined;
  #nextId = 0;
  #heard = true;
  #probed = false;
  #reason: string | undefined;

  /** Takes over a connected socket. */
  constructor(socket: Socket, { limits, probeInterval = 0 }: ConnectionOptions, handlers: ConnectionHandlers) {
    this.#socket = socket;
    this.#handlers = handlers;
    const splitter = new Splitter(limits);
    socket.on("data", (chunk: Buffer) => this.#receive(splitter, chunk));
    socket.on("error", (error) => this.close(error.message));
    socket.on("end", () => this.close("connection closed by peer"));
    socket.on("close", () => this.#lost());
    if (probeInterval > 0) this.#probe = setInterval(() => this.#checkSilence(), probeInterval).unref();
  }

  /** Resolves with the result. Rejects with RemoteError, or ConnectionLost when no answer can come any more. */
  request(method: string, params: readonly Json[]): Promise<Json> {
    if (this.#reason !== undefined) return Promise.reject(new ConnectionLost(this.#reason));
    const id = this.#nextId++;
    const answer = new Promise<Json>((resolve, reject) => this.#waiting.set(id, { method, resolve, reject }));
    this.#send({ id, method, params });
    return answer;
  }

  reply(id: Id, result: Json): void {
    this.#send({ id, result, error: null });
  }

  refuse(id: Id, error: Json): void {
    this.#send({ id, error });
  }

  /** Calls `closed` once, with the reason of the first call. What was sent before still goes out. */
  close(reason: string): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    clearInterval(this.#probe);
    this.#socket.end(() => this.#socket.destroy());
  }

  /** As `close`, without waiting for the peer to take what was sent. */
  destroy(reason: string): void {
    this.close(reason);
    this.#socket.destroy();
  }

  #send(message: Json): void {
    if (this.#reason === undefined) this.#socket.write(JSON.stringify(message));
  }

  #receive(splitter: Splitter, chunk: Buffer): void {
    this.#heard = true;
    this.#probed = false;
    try {
      for (const text of splitter.push(chunk)) {
        if (this.#reason !== undefined) return;
        this.#handle(parseMessage(text));
      }
    } catch (error) {
      this.destroy((error as Error).message);
    }
  }

  #handle(message: Message): void {
    switch (message.kind) {
      case "request":
        if (message.method === "echo") this.reply(message.id, message.params);
        else if (this.#handlers.request) this.#handlers.request(this, message.method, message.params, message.id);
        else this.refuse(message.id, "unknown method");
        return;
      case "notification":
        this.#handlers.notification?.(message.method, message.params);
        return;
    }
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) return;
    this.#waiting.delete(message.id);
    if (message.kind === "reply") waiting.resolve(message.result);
    else waiting.reject(new RemoteError(waiting.method, message.error));
  }

  #checkSilence(): void {
    if (this.#heard) {
      this.#heard = false;
    } else if (this.#probed) {
      this.destroy("no response to inactivity probe");
    } else {
      this.#probed = true;
      this.request("echo", []).catch(() => {});
    }
  }

  #lost(): void {
    this.#reason ??= "connection lost";
    clearInterval(this.#probe);
    for (const { method, reject } of this.#waiting.values()) reject(new ConnectionLost(`${method}: ${this.#reason}`));
    this.#waiting.clear();
    this.#handlers.closed(this.#reason);
  }
}
