/** Runs the programs of this folder in hosts' namespaces. */
import { join } from "node:path";
import { inNamespace, runInNamespace } from "../../src/lab/namespaces.ts";
import { runProgram } from "../../src/lab/run-program.ts";
import { CheckFailed } from "../bench.ts";
import { onOtherCore } from "../contestants/processors.ts";
import { beside, FarEnd } from "./far-end.ts";

export interface ServerOrder {
  readonly namespace: string;
  /** Of server.ts. */
  readonly words: readonly string[];
}

/** Does the work while the servers listen. @throws CheckFailed, also when the work fails because one of them did. */
export function withServers<T>(
  orders: readonly ServerOrder[],
  work: (servers: readonly FarEnd[]) => Promise<T>,
): Promise<T> {
  const starting = orders.map(
    ({ namespace, words }) =>
      () =>
        FarEnd.start(`the server ${words.join(" ")}`, inNamespace(namespace, script("server.ts", words))),
  );
  return beside(starting, work);
}

/** What a client printed, parsed. @throws CheckFailed when it ended with an error: a wrong or missing answer. */
export function runClient<T>(namespace: string, name: string, ...words: string[]): Promise<T> {
  return parsed(runInNamespace(namespace, script(name, words)));
}

/** The same of a program that goes into the hosts' namespaces itself. */
export function runOnOtherCore<T>(name: string, ...words: string[]): Promise<T> {
  return parsed(runProgram(script(name, words)));
}

async function parsed<T>(printed: Promise<string>): Promise<T> {
  try {
    return JSON.parse(await printed);
  } catch (error) {
    const said = (error as Error).message.split("\n").filter((line) => /Error/.test(line));
    throw new CheckFailed(said.at(-1)?.trim() ?? (error as Error).message);
  }
}

function script(name: string, words: readonly string[]): string[] {
  return onOtherCore([process.execPath, join(import.meta.dirname, name), ...words]);
}
