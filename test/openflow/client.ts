/** An OpenFlow client for tests, on a unix socket: sends messages or bytes, and awaits what comes. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Envelope } from "../../src/openflow/messages/definition.ts";
import { type Message, messages } from "../../src/openflow/messages/list.ts";
import { MessageSplitter } from "../../src/openflow/server/message-splitter.ts";
import { OF15, type Version } from "../../src/openflow/wire/version.ts";

export class TestClient {
  readonly version: Version;
  readonly socket: Socket;
  readonly #arrived: Uint8Array[] = [];
  readonly #splitter = new MessageSplitter();
  #xid = 100;
  #wake: () => void = () => {};
  #ended = false;

  constructor(socket: Socket, version: Version = OF15) {
    this.version = version;
    this.socket = socket;
    socket.on("data", (chunk: Uint8Array) => {
      this.#arrived.push(...this.#splitter.push(chunk));
      this.#wake();
    });
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    socket.on("close", end);
    socket.on("error", end);
  }

  static async connect(path: string, version: Version = OF15): Promise<TestClient> {
    const socket = connect(path);
    await once(socket, "connect");
    const client = new TestClient(socket, version);
    client.send({ type: "hello" });
    await client.next();
    return client;
  }

  /** @returns the transaction id */
  send(message: Message, xid = ++this.#xid): number {
    for (const bytes of messages.write({ version: this.version, xid, message })) this.socket.write(bytes);
    return xid;
  }

  sendBytes(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  async nextBytes(): Promise<Uint8Array | undefined> {
    while (this.#arrived.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#arrived.shift();
  }

  /** The next message that can be read here. @throws when the connection has ended */
  async next(): Promise<Envelope<Message>> {
    const bytes = await this.nextBytes();
    if (!bytes) throw new Error("the connection has ended");
    return messages.read(bytes);
  }

  /** All messages up to the reply to a barrier sent now, as they came. */
  async settle(): Promise<Uint8Array[]> {
    const xid = this.send({ type: "barrier_request" });
    const before: Uint8Array[] = [];
    for (;;) {
      const bytes = await this.nextBytes();
      if (!bytes) throw new Error("the connection has ended");
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      if (bytes[1] === (this.version === 1 ? 19 : 21) && view.getUint32(4) === xid) return before;
      before.push(bytes);
    }
  }

  /** The messages up to a barrier's reply. */
  async replies(): Promise<Message[]> {
    return (await this.settle()).map((bytes) => messages.read(bytes).message);
  }

  /** Resolves when the other side has hung up. */
  async ended(): Promise<void> {
    while (!this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.socket.destroy();
  }
}
