/**
 * What a run of the benchmarks leaves behind: one JSON file, the same for all benches.
 *
 * What: samples in the order in which they were taken. Medians, ratios and plots are made from them by whoever reads.
 * Invariants: the n-th samples of a row's contestants were taken in the same round, so they may be divided by each other.
 *   A contestant whose check failed has no samples but a sentence that says why.
 * A change that old readers would misread raises VERSION; new optional fields do not.
 */

export const FORMAT = "megaflow-bench";
export const VERSION = 1;

export interface Results {
  readonly format: typeof FORMAT;
  readonly version: typeof VERSION;
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly seconds: number;
  /** The command that repeats it. */
  readonly command: string;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly benches: readonly BenchResult[];
}

export interface Machine {
  readonly processor: string;
  readonly processors: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly node: string;
  readonly v8: string;
  /** Versions of what was measured against or with, by package name. */
  readonly packages: Readonly<Record<string, string>>;
  /** Git commit, "-dirty" behind it when files other than results differ from it; "unknown" outside a checkout. */
  readonly revision: string;
  /** Load averages over 1, 5 and 15 minutes before the first bench. */
  readonly load: readonly number[];
  /** Share of the processors' time that others used in the moment before the start, 0 … 1. */
  readonly busy: number;
}

export interface BenchResult {
  readonly name: string;
  readonly title: string;
  readonly seconds: number;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly rows: readonly Row[];
  /** Sentences that belong to the figures: what they answer, what limits them. */
  readonly notes: readonly string[];
  /** Contestants that did not take part, and why. */
  readonly absent: readonly { readonly contestant: string; readonly reason: string }[];
  /** Why the bench ended early; its rows up to there stand. */
  readonly error?: string;
}

/** One quantity of one case, measured for each contestant. */
export interface Row {
  readonly metric: string;
  /** "ns", "Gbit/s"; "" for a bare number. */
  readonly unit: string;
  readonly better: "higher" | "lower" | "neither";
  /** What was done: "60-byte frames", "10 packets a connection". */
  readonly case: string;
  /** Where the case lies on an axis; rows that differ in nothing else are points of one line. */
  readonly at?: Position;
  /** A value that splits better from worse, or one contestant's lead from another's: drawn as a line. */
  readonly level?: number;
  /** For the tables only: neither printed nor drawn. */
  readonly detail?: boolean;
  /** Names of the contestants that the others are divided by. */
  readonly references: readonly string[];
  readonly series: readonly Series[];
}

export interface Position {
  readonly axis: string;
  readonly value: number;
  readonly scale: "linear" | "log";
}

export interface Series {
  readonly contestant: string;
  readonly samples: readonly number[];
  /** The check that failed: there is no figure then. */
  readonly failure?: string;
}

/** Numbers to seven digits, lists of them on one line. */
export function resultsText(results: Results): string {
  const short = (_key: string, value: unknown) => (typeof value === "number" ? Number(value.toPrecision(7)) : value);
  return `${JSON.stringify(results, short, 1).replaceAll(/\[\s+([^[\]{}"]*?)\s+\]/g, (_, list: string) => `[${list.replaceAll(/\s+/g, " ")}]`)}\n`;
}

/** @throws Error saying what a file that is not of this format lacks. */
export function parseResults(text: string, source: string): Results {
  let value: Partial<Results>;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${source} is not JSON`);
  }
  if (value === null || typeof value !== "object" || value.format !== FORMAT) {
    throw new Error(`${source} is not a result of the benchmarks: no "format": "${FORMAT}"`);
  }
  if (value.version !== VERSION) {
    throw new Error(`${source} has version ${value.version} of the format, this program reads version ${VERSION}`);
  }
  const faults = resultFaults(value as Results);
  if (faults.length > 0) throw new Error(`${source}: ${faults.join("; ")}`);
  return value as Results;
}

/** What breaks the invariants above, in sentences; empty: nothing. */
export function resultFaults(results: Results): string[] {
  if (!Array.isArray(results.benches) || typeof results.machine !== "object") return ["benches or machine are missing"];
  return results.benches.flatMap(({ name, rows }: BenchResult) =>
    rows.flatMap((row: Row) => rowFaults(row).map((fault) => `${name}: ${fault}`)),
  );
}

function rowFaults(row: Row): string[] {
  const name = `${row.metric} of "${row.case}"`;
  const faults: string[] = [];
  if (row.series.length === 0) faults.push(`${name} has no contestant`);
  for (const { contestant, samples, failure } of row.series) {
    if (failure === undefined && samples.length === 0)
      faults.push(`${name}: ${contestant} has neither samples nor a failure`);
    if (failure !== undefined && samples.length > 0) faults.push(`${name}: ${contestant} failed and has samples`);
    if (!samples.every(Number.isFinite)) faults.push(`${name}: ${contestant} has a sample that is no number`);
  }
  if (new Set(row.series.map(({ contestant }) => contestant)).size < row.series.length) {
    faults.push(`${name} names a contestant twice`);
  }
  return faults;
}
