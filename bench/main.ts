/** `npm run bench`: runs benches (files NAME.bench.ts below this folder), prints, and writes results and report. */
import { readdirSync, writeFileSync } from "node:fs";
import { type Arguments, parseArguments, USAGE, UsageError } from "./arguments.ts";
import type { Bench } from "./bench.ts";
import { installMissing } from "./install.ts";
import { busyWarning, describeMachine, machineText } from "./machine.ts";
import { reportHtml } from "./report/report.ts";
import { type BenchResult, FORMAT, type Results, resultsText, VERSION } from "./schema.ts";
import { BenchSession } from "./session.ts";

const SUFFIX = ".bench.ts";

export function benchNames(): string[] {
  return readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length))
    .sort();
}

export async function loadBench(name: string): Promise<Bench> {
  return ((await import(new URL(`./${name}${SUFFIX}`, import.meta.url).href)) as { default: Bench }).default;
}

async function list(): Promise<void> {
  for (const name of benchNames()) console.log(`${name.padEnd(24)} ${(await loadBench(name)).title}`);
}

/** @returns the exit status: 1 when a bench ended early or a figure was refused. */
async function run(wanted: Arguments, words: readonly string[]): Promise<number> {
  if (wanted.against) await installMissing(wanted.against, (line) => console.log(line));
  const start = Date.now();
  const machine = await describeMachine();
  const warning = busyWarning(machine);
  const command = ["npm run bench", ...(words.length > 0 ? ["--", ...words] : [])].join(" ");
  for (const line of machineText(machine)) console.log(line);
  console.log(`${command}${wanted.quick ? "   (quick: a first look, not a claim)" : ""}`);
  if (warning) console.log(`\n*** ${warning} ***`);

  const broken = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => broken.abort(new Error(`${signal}: broken off, what was measured is kept`)));
  }
  const benches: BenchResult[] = [];
  const results = (): Results => ({
    format: FORMAT,
    version: VERSION,
    started: new Date(start).toISOString(),
    seconds: (Date.now() - start) / 1000,
    command,
    quick: wanted.quick,
    machine,
    benches,
  });
  for (const name of wanted.names) {
    if (broken.signal.aborted) break;
    const bench = await loadBench(name);
    console.log(`\n${name}: ${bench.title}`);
    const session = new BenchSession(name, bench.title, wanted, process.stdout, broken.signal);
    benches.push(await session.run(bench));
    // After each bench: a run that is broken off leaves what it has measured.
    if (wanted.json) writeFileSync(wanted.json, resultsText(results()));
    if (wanted.report) writeFileSync(wanted.report, reportHtml(results()));
  }
  if (wanted.report) console.log(`\nthe report is in ${wanted.report}`);
  const failed = benches.some(
    ({ error, rows }) => error !== undefined || rows.some(({ series }) => series.some(({ failure }) => failure)),
  );
  return failed ? 1 : 0;
}

if (import.meta.main) {
  const words = process.argv.slice(2);
  try {
    const wanted = parseArguments(words, benchNames());
    if (wanted.help) console.log(USAGE);
    else if (wanted.list) await list();
    else process.exitCode = await run(wanted, words);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n${USAGE}`);
    process.exitCode = 2;
  }
}
