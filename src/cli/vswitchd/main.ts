/**
 * ovs-vswitchd: one program in three roles. Started by hand it is the daemon itself, or with --detach whoever starts the daemon
 * in the background and waits until it is ready; with --monitor a process in between starts it again when it dies.
 */
import { once } from "node:events";
import { CRASHED } from "./exit-status.ts";
import {
  type CommandLine,
  controlPath,
  directories,
  parseOptions,
  UsageError,
  type VswitchdOptions,
} from "./options.ts";
import { ownRole, readiness, startChild, tellFailure, tellReady } from "./readiness.ts";
import { usage, VERSION } from "./usage.ts";

const SUCCESS = 0;
const FAILURE = 1;

async function main(): Promise<number> {
  const folders = directories(process.env);
  let line: CommandLine;
  try {
    line = parseOptions(process.argv.slice(2), folders, process.cwd());
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return complain(error.message);
  }
  if (line.kind === "help") process.stdout.write(usage(folders));
  if (line.kind === "version") process.stdout.write(`${VERSION}\nMegaflow\n`);
  if (line.kind !== "run") return SUCCESS;
  const { options } = line;
  const role = ownRole();
  if (role === undefined && options.detach) return startInBackground(options.monitor);
  if (role !== "daemon" && options.monitor) return monitor(options);
  return runDaemon(options);
}

async function startInBackground(monitored: boolean): Promise<number> {
  const child = startChild(monitored ? "monitor" : "daemon", "pipe", true);
  const ended = once(child, "exit");
  const failure = await readiness(child);
  if (failure === undefined) {
    child.unref();
    return SUCCESS;
  }
  process.stderr.write(failure || "ovs-vswitchd: the daemon died while it started\n");
  const [status] = await ended;
  return status || FAILURE;
}

async function monitor(options: VswitchdOptions): Promise<number> {
  const { openLog } = await import("./open-log.ts");
  const { monitorDaemon } = await import("./monitor.ts");
  return monitorDaemon(openLog(options).logger("daemon_unix"));
}

async function runDaemon(options: VswitchdOptions): Promise<number> {
  const { openLog } = await import("./open-log.ts");
  const { Daemon } = await import("./daemon.ts");
  const { writePidFile } = await import("./pid-file.ts");
  const folders = directories(process.env);
  let pidFile: ReturnType<typeof writePidFile> | undefined;
  let daemon: import("./daemon.ts").Daemon;
  const stopped = stopRequest();
  try {
    if (options.pidFile !== undefined) pidFile = writePidFile(options.pidFile, options.overwritePidFile);
    const vlog = openLog(options);
    process.on("uncaughtException", (error) => {
      vlog.logger("daemon_unix").emer(`unexpected exception: ${error.stack}`);
      pidFile?.remove();
      process.exit(CRASHED);
    });
    const control = controlPath(options, folders, process.pid);
    const starting = Daemon.start({ database: options.database, directory: folders.run, control, vlog });
    const first = await Promise.race([starting, stopped]);
    if (typeof first === "string") process.exit(SUCCESS);
    daemon = first;
  } catch (error) {
    pidFile?.remove();
    return complain((error as Error).message);
  }
  if (options.detach && options.changeDirectory) process.chdir("/");
  tellReady();
  await Promise.race([daemon.exitAsked, stopped]);
  await daemon.close();
  pidFile?.remove();
  return SUCCESS;
}

function stopRequest(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => resolve(signal));
  });
}

function complain(reason: string): number {
  if (!tellFailure(`ovs-vswitchd: ${reason}`)) process.stderr.write(`ovs-vswitchd: ${reason}\n`);
  return FAILURE;
}

process.exit(await main());
