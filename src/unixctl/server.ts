/**
 * The control socket: JSON-RPC requests of ovs-appctl, answered by the commands of the list.
 *
 * Invariants: one connection's requests are answered in their order. A client that sends anything but JSON-RPC is
 *   disconnected; a command that fails answers with an error; neither touches the switch.
 */
import { once } from "node:events";
import { rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { Connection } from "../json-rpc/connection.ts";
import type { Id, Json } from "../json-rpc/message.ts";
import type { Logger } from "../vlog/vlog.ts";
import { type UnixctlCommand, UnixctlError } from "./command.ts";
import { observe } from "./settings.ts";
import type { Vswitchd } from "./vswitchd.ts";

export interface UnixctlServer {
  readonly path: string;
  close(): Promise<void>;
}

const LIMITS = { bytes: 1 << 20, depth: 100 };

/** Binds `path`, in place of a socket that a dead daemon left there. */
export async function serveUnixctl(
  path: string,
  commands: readonly UnixctlCommand[],
  daemon: Vswitchd,
  log: Logger,
): Promise<UnixctlServer> {
  const byName = new Map(commands.map((command) => [command.name, command]));
  const clients = new Set<Connection>();
  const server = createServer((socket) => {
    let last = Promise.resolve();
    const client: Connection = new Connection(
      socket,
      { limits: LIMITS },
      {
        request(connection, method, params, id) {
          last = last.then(() => answer(connection, byName.get(method), method, params, id, daemon, log));
        },
        closed(reason) {
          clients.delete(client);
          if (reason !== CLOSED_BY_PEER) log.info(`${path}: disconnecting a client: ${reason}`);
        },
      },
    );
    clients.add(client);
  });
  await listen(server, path);
  const stopObserving = observe(daemon);
  return {
    path,
    async close() {
      stopObserving();
      const closed = once(server, "close");
      server.close();
      for (const client of clients) client.close(CLOSED_BY_PEER);
      await closed;
    },
  };
}

const CLOSED_BY_PEER = "connection closed by peer";

async function answer(
  connection: Connection,
  command: UnixctlCommand | undefined,
  method: string,
  params: readonly Json[],
  id: Id,
  daemon: Vswitchd,
  log: Logger,
): Promise<void> {
  log.dbg(`received request ${method}${JSON.stringify(params)}, id=${JSON.stringify(id)}`);
  try {
    const text = await run(command, method, params, daemon);
    connection.reply(id, withNewline(text));
  } catch (error) {
    const { message, stack } = error as Error;
    if (!(error instanceof UnixctlError)) log.err(`${method} failed: ${stack}`);
    connection.refuse(id, withNewline(message));
  }
}

function run(
  command: UnixctlCommand | undefined,
  method: string,
  params: readonly Json[],
  daemon: Vswitchd,
): string | Promise<string> {
  if (command === undefined || command.isKnown?.(daemon) === false) {
    throw new UnixctlError(`"${method}" is not a valid command (use "list-commands" to see a list of valid commands)`);
  }
  if (params.length < command.minimum) {
    throw new UnixctlError(`"${method}" command requires at least ${command.minimum} arguments`);
  }
  if (params.length > command.maximum) {
    throw new UnixctlError(`"${method}" command takes at most ${command.maximum} arguments`);
  }
  const wrong = params.findIndex((param) => typeof param !== "string");
  if (wrong >= 0) throw new UnixctlError(`"${method}" command has non-string argument`);
  return command.run(daemon, params as readonly string[]);
}

function withNewline(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

async function listen(server: Server, path: string): Promise<void> {
  try {
    await bind(server, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || (await isServed(path))) throw error;
    rmSync(path, { force: true });
    await bind(server, path);
  }
}

async function bind(server: Server, path: string): Promise<void> {
  server.listen(path);
  await once(server, "listening");
}

async function isServed(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
