/** Listens on a socket. A path that a dead switch has left behind is taken over; a live one's is not. */
import { once } from "node:events";
import { rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Target } from "./target.ts";

export interface Listener {
  /** Ends its connections too, those that have not yet said who they are among them. */
  close(): Promise<void>;
}

/** Whether somebody answers there. */
async function isAlive(path: string): Promise<boolean> {
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

async function bind(server: Server, target: Target): Promise<void> {
  const listening = once(server, "listening");
  if ("path" in target) server.listen(target.path);
  else server.listen(target.port, target.host);
  await listening;
}

/** @throws the system's error when the place is taken */
export async function listen(target: Target, accept: (socket: Socket) => void): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    accept(socket);
  });
  try {
    await bind(server, target);
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
    if (!taken || !("path" in target) || (await isAlive(target.path))) throw error;
    rmSync(target.path, { force: true });
    await bind(server, target);
  }
  server.on("error", () => {});
  return {
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
