/**
 * Frames over a stream socket: how dummy ports of one daemon, or of two, are wired together.
 *
 *     length u16, network byte order │ the frame │ length …
 *
 * `options:pstream=punix:FILE` waits for the other end, any number of them; `options:stream=unix:FILE` goes there and, while
 * nobody answers, tries again.
 */
import { unlinkSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";

const RETRY = 100;
const LENGTH = 2;

export interface PacketStreamOptions {
  readonly receive: (frame: Uint8Array) => void;
  readonly log: (text: string) => void;
}

export interface PacketStream {
  /** As it stands in the database. */
  readonly address: string;
  /** undefined: it only waits for others. */
  readonly connected: boolean | undefined;
  send(frame: Uint8Array): void;
  close(): void;
}

/** @param address punix:FILE, unix:FILE, ptcp:PORT[:HOST] or tcp:HOST:PORT */
export function openPacketStream(address: string, options: PacketStreamOptions): PacketStream {
  return /^p(unix|tcp):/.test(address) ? new Listener(address, options) : new Caller(address, options);
}

/** Cuts what arrives into frames. */
function receiveFrames(socket: Socket, receive: (frame: Uint8Array) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= LENGTH) {
      const end = LENGTH + rest.readUInt16BE(0);
      if (rest.length < end) break;
      receive(new Uint8Array(rest.subarray(LENGTH, end)));
      rest = rest.subarray(end);
    }
  });
}

function sendFrame(socket: Socket, frame: Uint8Array): void {
  const record = Buffer.alloc(LENGTH + frame.length);
  record.writeUInt16BE(frame.length, 0);
  record.set(frame, LENGTH);
  socket.write(record);
}

class Listener implements PacketStream {
  readonly address: string;
  readonly connected = undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(address: string, { receive, log }: PacketStreamOptions) {
    this.address = address;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      receiveFrames(socket, receive);
      socket.on("error", () => {});
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("error", (error) => log(`${address}: open failed (${error.message})`));
    const [kind, first, host] = address.split(":");
    if (kind === "punix") {
      forget(first);
      this.#server.listen(first);
    } else this.#server.listen(Number(first), host);
    this.#server.unref();
  }

  send(frame: Uint8Array): void {
    for (const socket of this.#sockets) sendFrame(socket, frame);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

class Caller implements PacketStream {
  readonly address: string;
  connected = false;
  readonly #receive: (frame: Uint8Array) => void;
  #socket: Socket | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(address: string, { receive }: PacketStreamOptions) {
    this.address = address;
    this.#receive = receive;
    this.#call();
  }

  send(frame: Uint8Array): void {
    if (this.connected) sendFrame(this.#socket!, frame);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#socket?.destroy();
  }

  #call(): void {
    const [kind, first, port] = this.address.split(":");
    const socket = kind === "unix" ? createConnection(first) : createConnection(Number(port), first);
    this.#socket = socket;
    receiveFrames(socket, this.#receive);
    socket.on("connect", () => {
      this.connected = true;
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.connected = false;
      if (!this.#closed) this.#retry = setTimeout(() => this.#call(), RETRY).unref();
    });
  }
}

/** A socket's file that an earlier daemon left behind. */
function forget(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // There was none.
  }
}
