/** Runs the programs of this folder in hosts' namespaces. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { inNamespace, runInNamespace } from "../../src/lab/namespaces.ts";
import { CheckFailed } from "../bench.ts";
import { onOtherCore } from "../contestants/processors.ts";

/** A server that listens. Ends by `kill()`. */
export async function startServer(namespace: string, ...words: string[]): Promise<ChildProcess> {
  const [program, ...rest] = inNamespace(namespace, script("server.ts", words));
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit").then(() => {
    throw new Error(`the server ${words.join(" ")} ended before it was ready`);
  });
  await Promise.race([once(child.stdout, "data"), ended]);
  ended.catch(() => undefined);
  return child;
}

/** What a client printed, parsed. @throws CheckFailed when it ended with an error: a wrong or missing answer. */
export async function runClient<T>(namespace: string, name: string, ...words: string[]): Promise<T> {
  try {
    return JSON.parse(await runInNamespace(namespace, script(name, words)));
  } catch (error) {
    const said = (error as Error).message.split("\n").filter((line) => /Error/.test(line));
    throw new CheckFailed(said.at(-1)?.trim() ?? (error as Error).message);
  }
}

function script(name: string, words: readonly string[]): string[] {
  return onOtherCore([process.execPath, join(import.meta.dirname, name), ...words]);
}
