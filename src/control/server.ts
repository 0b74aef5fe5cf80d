/**
 * The daemon's end of the control socket.
 *
 * Invariants: a request answers to its own connection only; whatever a client sends, or however it leaves, other clients
 *   and the switch go on. The requests of one connection run one after the other, those of different connections side by side.
 * Not handled: authentication beyond the socket's file mode (0600, its owner only).
 */
import { once } from "node:events";
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { CommandError } from "./command-error.ts";
import { type ControlMessage, type ControlRequest, LineReader, parseRequest } from "./protocol.ts";

/** What a command writes its answer to. Await it: it holds back while the client reads slowly. */
export interface Reply {
  line(text: string): Promise<void>;
  /** Aborted when the client went away. */
  readonly signal: AbortSignal;
}

export type Answer = (request: ControlRequest, reply: Reply) => Promise<void> | void;

export interface ControlServer {
  readonly path: string;
  close(): Promise<void>;
}

const MOST_CLIENTS = 64;

/** Binds `path`, taking over a socket that a dead daemon left. @throws CommandError when a living one answers there. */
export async function serveControl(path: string, answers: ReadonlyMap<string, Answer>): Promise<ControlServer> {
  const clients = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    clients.add(socket);
    socket.on("close", () => clients.delete(socket));
    serveClient(socket, answers);
  });
  server.maxConnections = MOST_CLIENTS;
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  await listen(server, path);
  chmodSync(path, 0o600);
  return {
    path,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of clients) socket.destroy();
      await closed;
    },
  };
}

async function listen(server: Server, path: string): Promise<void> {
  try {
    await listenOnce(server, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    if (await answers(path)) throw new CommandError(`another megaflow daemon already answers at ${path}`);
    rmSync(path, { force: true });
    await listenOnce(server, path);
  }
}

async function listenOnce(server: Server, path: string): Promise<void> {
  server.listen(path);
  await once(server, "listening");
}

/** Whether anyone accepts connections at `path`; a socket file left by a dead process does not. */
export async function answers(path: string): Promise<boolean> {
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

function serveClient(socket: Socket, commands: ReadonlyMap<string, Answer>): void {
  const lines = new LineReader();
  const gone = new AbortController();
  let last = Promise.resolve();
  const send = async (message: ControlMessage): Promise<void> => {
    if (socket.destroyed) return;
    if (!socket.write(`${JSON.stringify(message)}\n`)) {
      await once(socket, "drain", { signal: gone.signal }).catch(() => undefined);
    }
  };
  const reply: Reply = { line: (text) => send({ out: text }), signal: gone.signal };

  socket.on("error", () => socket.destroy());
  socket.on("close", () => gone.abort());
  socket.on("data", (chunk: Buffer) => {
    try {
      for (const line of lines.push(chunk)) {
        if (line.trim() !== "") last = last.then(() => answerLine(line, commands, reply, send));
      }
    } catch (error) {
      socket.pause();
      last = last.then(() => send({ error: (error as Error).message })).then(() => void socket.end());
      // Half a request is still on its way: read it to the end, or closing would reset the answer away.
      last.then(() => socket.removeAllListeners("data").resume());
    }
  });
  socket.on("end", () => last.finally(() => socket.end()));
}

async function answerLine(
  line: string,
  commands: ReadonlyMap<string, Answer>,
  reply: Reply,
  send: (message: ControlMessage) => Promise<void>,
): Promise<void> {
  try {
    const request = parseRequest(line);
    const answer = commands.get(request.command);
    if (!answer) {
      throw new Error(
        `unknown command "${request.command}": the daemon knows ${[...commands.keys()].sort().join(", ")}`,
      );
    }
    await answer(request, reply);
    await send({ done: true });
  } catch (error) {
    await send({ error: error instanceof Error ? error.message : String(error) });
  }
}
