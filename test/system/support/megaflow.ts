/** Runs the launcher as a person would. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const LAUNCHER = fileURLToPath(new URL("../../../src/cli/megaflow", import.meta.url));

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly pid: number;
  readonly outcome: Promise<Outcome>;
  /** Resolves once stdout holds the text. */
  printed(text: string): Promise<void>;
}

export function startMegaflow(words: readonly string[], environment: Record<string, string>): Running {
  const child = spawn(LAUNCHER, words, { env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk;
  });
  const waiting: { text: string; resolve: () => void }[] = [];
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk;
    for (const { text, resolve } of waiting) if (stdout.includes(text)) resolve();
  });
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
  const printed = (text: string) => {
    const seen = new Promise<void>((resolve) => {
      waiting.push({ text, resolve });
      if (stdout.includes(text)) resolve();
    });
    const ended = outcome.then(({ stderr }) => {
      if (!stdout.includes(text)) throw new Error(`it ended before it printed "${text}": ${stdout}${stderr}`);
    });
    return Promise.race([seen, ended]);
  };
  return { pid: child.pid!, outcome, printed };
}

export function megaflow(words: readonly string[], environment: Record<string, string>): Promise<Outcome> {
  return startMegaflow(words, environment).outcome;
}
