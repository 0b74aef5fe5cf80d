/** Runs other programs and says in one sentence what went wrong with them. */
import { spawn } from "node:child_process";
import { CommandError, EXIT_MISSING } from "../control/command-error.ts";

export interface ProgramResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly signal?: AbortSignal;
}

/** Runs a program to its end. A status other than 0 is a result, not an error. @throws CommandError when it is not installed. */
export function tryProgram(command: readonly string[], options: RunOptions = {}): Promise<ProgramResult> {
  const [program, ...words] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { signal: options.signal, stdio: ["pipe", "pipe", "pipe"] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on("error", () => undefined); // it may end without having read its input
    child.stdin.end(options.input ?? "");
    child.on("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "ENOENT" ? notInstalled(program) : error),
    );
    child.on("close", (status) => {
      resolve({
        status: status ?? 128,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      });
    });
  });
}

/** Runs a program that must succeed; gives its output. @throws CommandError with what it printed on stderr. */
export async function runProgram(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const { status, stdout, stderr } = await tryProgram(command, options);
  if (status === 0) return stdout;
  throw new CommandError(`"${command.join(" ")}" failed with status ${status}: ${stderr.trim() || "it said nothing"}`);
}

const PACKAGES: Readonly<Record<string, string>> = {
  ip: "iproute2",
  curl: "curl",
  ping: "iputils-ping",
};

function notInstalled(program: string): CommandError {
  const hint = PACKAGES[program] ? `: install the package ${PACKAGES[program]}` : "";
  return new CommandError(`the program "${program}" is needed and not installed${hint}`, EXIT_MISSING);
}
