/** Which sockets in the file system a controller's target may name: who writes the database is no master of the host's files. */
import { posix } from "node:path";

/** Why not; undefined: it may. */
export function confinement(bridge: string, target: string, directory: string): string | undefined {
  const [, scheme, path] = /^(p?unix):(.*)$/s.exec(target) ?? [];
  if (scheme === undefined || mayName(scheme, path, bridge, directory)) return undefined;
  const always = `"unix:${directory}/${bridge}.mgmt" (which is always available without special configuration)`;
  return scheme === "unix"
    ? `Not connecting to socket controller "${target}" due to possibility for remote exploit.  Instead, specify socket in permitted directory "unix:${directory}/" or connect to ${always}.`
    : `Not adding Unix domain socket controller "${target}" due to possibility of overwriting local files. Instead, specify path in permitted format "punix:${directory}/${bridge}.*" or connect to ${always}.`;
}

function mayName(scheme: string, path: string, bridge: string, directory: string): boolean {
  // A bare name is one of the daemon's own directory.
  if (scheme === "unix") return !path.includes("/") || posix.normalize(path).startsWith(`${directory}/`);
  const prefix = `${directory}/${bridge}.`;
  return path.startsWith(prefix) && !path.slice(prefix.length).includes("/");
}
