/** Stands between a switch and its database server: passes on what both say, says things of its own to the switch, and keeps its refusals. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { Splitter } from "../../../src/json-rpc/splitter.ts";

export class DatabaseBetween {
  readonly #server: Server;
  #client: Socket | undefined;
  /** "unknown method": what the switch said to this one and not to the server. */
  refusals = 0;
  /** How often the switch has connected. */
  connections = 0;

  static async start(path: string, database: string): Promise<DatabaseBetween> {
    const between = new DatabaseBetween(database);
    between.#server.listen(path);
    await once(between.#server, "listening");
    return between;
  }

  private constructor(database: string) {
    this.#server = createServer((client) => {
      const server = connect(database);
      const splitter = new Splitter({ bytes: 1 << 24, depth: 100 });
      client.on("data", (bytes: Buffer) => {
        for (const text of splitter.push(bytes)) {
          if (text.includes('"error":"unknown method"')) this.refusals++;
          else server.write(text);
        }
      });
      client.on("close", () => server.destroy());
      client.on("error", () => server.destroy());
      server.on("error", () => client.destroy());
      server.pipe(client);
      this.#client = client;
      this.connections++;
    });
  }

  say(text: string): void {
    this.#client?.write(text);
  }

  close(): void {
    this.#client?.destroy();
    this.#server.close();
  }
}
