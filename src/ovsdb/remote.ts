/** Where a database is: `unix:PATH`, `tcp:HOST[:PORT]`, as every OVS program writes it. */
import { connect, type Socket } from "node:net";

export const DEFAULT_DATABASE_PORT = 6640;

export type Remote =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

export class RemoteNameError extends Error {}

/** @throws RemoteNameError saying what is wrong with the name. */
export function parseRemote(name: string): Remote {
  if (name.startsWith("unix:")) {
    const path = name.slice("unix:".length);
    if (path === "") throw new RemoteNameError(`${name}: the path of the socket is missing`);
    return { kind: "unix", path };
  }
  if (name.startsWith("tcp:")) return parseTcp(name);
  if (name.startsWith("ssl:")) throw new RemoteNameError(`${name}: ssl is not supported, use unix: or tcp:`);
  throw new RemoteNameError(`${name}: unknown connection method, use unix:PATH or tcp:HOST:PORT`);
}

function parseTcp(name: string): Remote {
  const found = /^tcp:(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(name);
  const port = Number(found?.[3] ?? DEFAULT_DATABASE_PORT);
  if (!found || port < 1 || port > 65535) throw new RemoteNameError(`${name}: expected tcp:HOST:PORT`);
  return { kind: "tcp", host: found[1] ?? found[2], port };
}

export function connectTo(remote: Remote): Socket {
  const socket =
    remote.kind === "unix" ? connect(remote.path) : connect({ host: remote.host, port: remote.port, noDelay: true });
  return socket;
}
