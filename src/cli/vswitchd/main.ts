/**
 * ovs-vswitchd: one program in three roles. Started by hand it is the daemon itself, or with --detach whoever starts the daemon
 * in the background and waits until it is ready; with --monitor a process in between starts it again when it dies.
 */
import { once } from "node:events";
import { flushCompileCache } from "node:module";
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
  const folders = directories(process.env);
  const stopped = stopRequest();
  let pidFile: import("./pid-file.ts").PidFile | undefined;
  try {
    const { openLog } = await import("./open-log.ts");
    const { writePidFile } = await import("./pid-file.ts");
    if (options.pidFile !== undefined) pidFile = writePidFile(options.pidFile, options.overwritePidFile);
    const vlog = openLog(options);
    process.on("uncaughtException", (error) => {
      vlog.logger("daemon_unix").emer(`unexpected exception: ${error.stack}`);
      tellFailure(`ovs-vswitchd: ${error.message}`);
      pidFile?.remove();
      process.exit(CRASHED);
    });
    const { Daemon } = await import("./daemon.ts");
    const control = controlPath(options, folders, process.pid);
    const { database, confined, dummy } = options;
    const starting = Daemon.start({ database, directory: folders.run, control, vlog, confined, dummy });
    const daemon = await Promise.race([starting, stopped]);
    if (daemon === STOPPED) return SUCCESS;
    if (options.detach && options.changeDirectory) process.chdir("/");
    tellReady();
    flushCompileCache(); // the next start need not wait for this one's end
    await Promise.race([daemon.exitAsked, stopped]);
    await daemon.close();
    return SUCCESS;
  } catch (error) {
    return complain((error as Error).message);
  } finally {
    pidFile?.remove();
  }
}

const STOPPED = "stopped";

function stopRequest(): Promise<typeof STOPPED> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => resolve(STOPPED));
  });
}

function complain(reason: string): number {
  if (!tellFailure(`ovs-vswitchd: ${reason}`)) process.stderr.write(`ovs-vswitchd: ${reason}\n`);
  return FAILURE;
}

process.exit(await main());
