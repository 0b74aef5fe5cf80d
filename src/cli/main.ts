/** The command line `megaflow`: finds the command, runs it, and turns what went wrong into one sentence and a status. */
import { Command, CommanderError } from "commander";
import { callDaemon } from "../control/client.ts";
import { CommandError, EXIT_FAILED, EXIT_OK, EXIT_USAGE } from "../control/command-error.ts";
import type { ControlRequest } from "../control/protocol.ts";
import { checkedSocketPath, controlSocket } from "../control/run-directory.ts";
import type { Terminal } from "./command.ts";
import { COMMANDS } from "./commands/list.ts";

export async function main(words: readonly string[]): Promise<number> {
  let status = EXIT_OK;
  const program = new Command("megaflow");
  const socket = () => {
    const { socket } = program.opts<{ socket?: string }>();
    return socket === undefined ? controlSocket() : checkedSocketPath(socket);
  };
  const print = (text: string) => void process.stdout.write(`${text}\n`);
  const terminal: Terminal = {
    socket,
    print,
    call: (command, words = [], options = {}) =>
      callDaemon(socket(), { command, arguments: words, options: options as ControlRequest["options"] }, print),
    exitWith(code) {
      status = code;
    },
  };
  program
    .description("A virtual switch whose fast path is WebAssembly and whose slow path is TypeScript.")
    .option(
      "--socket <path>",
      "the daemon's control socket (default: megaflow.sock in MEGAFLOW_RUNDIR or /run/megaflow)",
    )
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError('("megaflow --help" lists the commands)')
    .configureOutput({ writeErr: (text) => process.stderr.write(text.replace(/^error: /, "megaflow: ")) });
  for (const command of COMMANDS) command.register(program, terminal);
  try {
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    return explain(error);
  }
  return status;
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  if (error instanceof CommandError) {
    process.stderr.write(`megaflow: ${error.message}\n`);
    return error.exitCode;
  }
  process.stderr.write(`megaflow: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT_FAILED;
}

// A reader that has seen enough (`megaflow flows | head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT_OK);
  throw error;
});
process.exitCode = await main(process.argv.slice(2));
