/** Speaks to a control socket as ovs-appctl does: one request a connection, bytes as they come. */
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMMANDS } from "../../src/unixctl/commands/list.ts";
import { serveUnixctl, type UnixctlServer } from "../../src/unixctl/server.ts";
import type { Vswitchd } from "../../src/unixctl/vswitchd.ts";

export interface ServedDaemon {
  readonly path: string;
  close(): Promise<void>;
}

export async function serve(daemon: Vswitchd): Promise<ServedDaemon> {
  const folder = mkdtempSync(join(tmpdir(), "unixctl-"));
  const path = join(folder, "ovs-vswitchd.1.ctl");
  const server: UnixctlServer = await serveUnixctl(path, COMMANDS, daemon, daemon.vlog.logger("unixctl"));
  return {
    path,
    async close() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves with what came back until the answer was whole, or the connection was closed. */
export function exchange(path: string, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let received = "";
    socket.setEncoding("utf8");
    socket.on("error", (error: NodeJS.ErrnoException) => {
      // Disconnected in the middle of what it had to say.
      if (error.code !== "ECONNRESET" && error.code !== "EPIPE") reject(error);
    });
    socket.on("data", (text: string) => {
      received += text;
      try {
        JSON.parse(received);
        socket.end();
      } catch {
        // More is to come.
      }
    });
    socket.on("close", () => resolve(received));
    socket.write(bytes);
  });
}

export function ask(path: string, ...words: readonly unknown[]): Promise<string> {
  const [method, ...params] = words;
  return exchange(path, JSON.stringify({ id: 0, method, params }));
}
