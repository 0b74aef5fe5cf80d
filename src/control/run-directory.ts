/** Where a daemon keeps its control socket and pidfile: one directory per daemon. */
import { join } from "node:path";
import { CommandError, EXIT_USAGE } from "./command-error.ts";

/** Longest path `struct sockaddr_un` holds, without its terminating zero. */
const LONGEST_SOCKET_PATH = 107;

type Environment = Readonly<Record<string, string | undefined>>;

/** MEGAFLOW_RUNDIR, else /run/megaflow for root, else a folder of the user's own. */
export function runDirectory(environment: Environment = process.env, uid = process.getuid?.() ?? 0): string {
  if (environment.MEGAFLOW_RUNDIR) return environment.MEGAFLOW_RUNDIR;
  if (uid !== 0 && environment.XDG_RUNTIME_DIR) return join(environment.XDG_RUNTIME_DIR, "megaflow");
  return "/run/megaflow";
}

/** The control socket in a run directory. @throws CommandError when the kernel could not bind so long a path. */
export function controlSocket(directory: string = runDirectory()): string {
  return checkedSocketPath(join(directory, "megaflow.sock"));
}

export function checkedSocketPath(path: string): string {
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return path;
  throw new CommandError(
    `the socket path ${path} is longer than the ${LONGEST_SOCKET_PATH} bytes a unix socket allows: choose a shorter MEGAFLOW_RUNDIR`,
    EXIT_USAGE,
  );
}

export function pidFile(directory: string): string {
  return join(directory, "megaflow.pid");
}
