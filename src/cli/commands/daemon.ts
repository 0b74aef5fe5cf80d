/** `megaflow daemon`: the switch with its embedded northbound, served on the control socket until SIGTERM or SIGINT. */
import { existsSync, fstatSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Option } from "commander";
import { CommandError, EXIT_MISSING } from "../../control/command-error.ts";
import { pidFile } from "../../control/run-directory.ts";
import { type Answer, serveControl } from "../../control/server.ts";
import { EACCES, EPERM, SystemCallError } from "../../kernel/errno.ts";
import { builtModule } from "../../lab/requirements.ts";
import type { CliCommand, DaemonAnswer } from "../command.ts";

export const daemon: CliCommand = {
  register(program, terminal) {
    program
      .command("daemon")
      .description("run the switch in the foreground")
      .option("--log-file <path>", "write the log there (default: standard error)")
      .option("--log-level <level>", "trace, debug, info, warn, error or silent", "info")
      .addOption(
        new Option("--select <mode>", "select groups in one pass, or by hash and recirculation as OVS does")
          .choices(["one-pass", "recirculate"])
          .default("one-pass"),
      )
      .option("--hw-offload", "let the kernel forward known flows between existing interfaces (eBPF)", false)
      .action(async ({ logFile, logLevel, select, hwOffload }) => {
        if (!existsSync(builtModule())) {
          throw new CommandError(`the fast path is not built (${builtModule()}): run "npm run build"`, EXIT_MISSING);
        }
        const { destination, pino } = await import("pino");
        const log = pino({ level: logLevel }, destination({ dest: logFile ?? 2, sync: true }));
        const { Daemon } = await import("../daemon.ts");
        const running = await Daemon.start({ select, hwOffload, log }).catch(refusal);
        try {
          await serve(running, terminal.socket());
          log.info("stopped");
        } finally {
          await running.close();
        }
      });
  },
};

/** What an unprivileged user meets, in a sentence. */
function refusal(error: unknown): never {
  if (!(error instanceof SystemCallError && (error.errno === EPERM || error.errno === EACCES))) throw error;
  throw new CommandError(`the switch cannot start: ${error.message}`, EXIT_MISSING);
}

async function serve(running: import("../daemon.ts").Daemon, path: string): Promise<void> {
  const { COMMANDS } = await import("./list.ts");
  const bound = new Map<string, Answer>();
  for (const [name, answer] of COMMANDS.flatMap(({ answers = {} }) => Object.entries<DaemonAnswer>(answers))) {
    bound.set(name, (request, reply) => answer(running, request, reply));
  }
  const stopped = stopRequest();
  const server = await serveControl(path, bound);
  const pid = pidFile(dirname(path));
  writeFileSync(pid, `${process.pid}\n`);
  running.log.info({ socket: path, pid: process.pid }, "ready");
  process.stdout.write(`megaflow daemon ${process.pid} answers at ${path}\n`);
  running.log.info({ reason: await stopped }, "stopping");
  await server.close();
  rmSync(pid, { force: true });
  process.stdin.destroy(); // it would keep the process waiting for its parent
}

/** Resolves at SIGTERM, SIGINT, or when whoever holds the other end of our stdin pipe is gone. */
function stopRequest(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => resolve(signal));
    const stdin = fstatSync(0);
    if (stdin.isFIFO() || stdin.isSocket()) process.stdin.on("end", () => resolve("the parent ended")).resume();
  });
}
