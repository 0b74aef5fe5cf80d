/**
 * The far end of a measurement: a server in a process of its own, and what became of it when a figure is refused.
 *
 * Invariants: whoever starts one ends it. A server that fails ends the measurement by its own words, not by the client's, who only
 *   knows that nothing came.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { CheckFailed } from "../bench.ts";

/** Characters of its standard error that are told. */
const MOST_TOLD = 600;
/** Milliseconds for a server that is ending to have ended: its client may know first. */
const ENDING = 200;

export class FarEnd {
  readonly #name: string;
  readonly #child: ChildProcess;
  #said = "";
  #spawned: Error | undefined;
  readonly #ended: Promise<unknown>;

  private constructor(name: string, [program, ...words]: readonly string[]) {
    this.#name = name;
    this.#child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child.stderr!.on("data", (chunk: Buffer) => {
      this.#said = (this.#said + chunk).slice(-MOST_TOLD);
    });
    this.#ended = once(this.#child, "close").catch((error: Error) => {
      this.#spawned = error;
    });
  }

  /** Runs the command until it prints something: it is ready then. @throws CheckFailed saying what became of it instead. */
  static async start(name: string, command: readonly string[]): Promise<FarEnd> {
    const farEnd = new FarEnd(name, command);
    const ready = await Promise.race([
      once(farEnd.#child.stdout!, "data").then(() => true),
      farEnd.#ended.then(() => false),
    ]);
    if (!ready) throw new CheckFailed(`${farEnd.#fate()} before it was ready${farEnd.#words()}`);
    return farEnd;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  kill(): void {
    this.#child.kill();
  }

  /** Why nothing may have come of it: how it ended, what it complained of; undefined when it runs and complains of nothing. */
  async trouble(): Promise<string | undefined> {
    await Promise.race([this.#ended, delay(ENDING)]);
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return `${this.#fate()}${this.#words()}`;
    return this.#said === "" ? undefined : `${this.#name} runs${this.#words()}`;
  }

  #fate(): string {
    const { exitCode, signalCode } = this.#child;
    if (this.#spawned !== undefined) return `${this.#name} did not start (${this.#spawned.message})`;
    return `${this.#name} ended by ${signalCode ?? `itself, exit status ${exitCode}`}`;
  }

  #words(): string {
    const said = this.#said.trim().replaceAll(/\s*\n\s*/g, " | ");
    return said === "" ? ", without a word" : `: ${said}`;
  }
}

/** Does the work beside far ends, and ends them. @throws CheckFailed with what the work found wrong, and what became of them. */
export async function beside<T>(
  starting: readonly (() => Promise<FarEnd>)[],
  work: (farEnds: readonly FarEnd[]) => Promise<T>,
): Promise<T> {
  const farEnds: FarEnd[] = [];
  try {
    for (const start of starting) farEnds.push(await start());
    return await work(farEnds);
  } catch (error) {
    const troubles = await Promise.all(farEnds.map((farEnd) => farEnd.trouble()));
    const known = troubles.filter((trouble) => trouble !== undefined);
    if (known.length === 0) throw error;
    throw new CheckFailed([(error as Error).message, ...known].join("; "), { cause: error });
  } finally {
    for (const farEnd of farEnds) farEnd.kill();
  }
}
