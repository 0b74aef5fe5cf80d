/**
 * Runs a comparison: contestants in turn, A B A B …, so that what the machine does meanwhile hits all of them alike.
 *
 * Invariants: every round is played to its end, by all alike. A contestant whose measurement failed once has no figure for that case, however often it worked before.
 *   Whatever was brought up is taken down, also after a failure.
 */
import { type Case, CheckFailed, type Comparison, type Contestant, type Figures } from "./bench.ts";
import type { Row } from "./schema.ts";

export type Progress = (step: string, done: number, steps: number) => void;

interface Measured {
  readonly samples: Map<string, number[]>;
  failure?: string;
}

/** `contestants` of the comparison that take part all do; who is missing was left out before. */
export async function runComparison<C extends Contestant, K extends Case>(
  comparison: Comparison<C, K>,
  progress: Progress = () => {},
  signal?: AbortSignal,
): Promise<Row[]> {
  const { contestants, cases, rounds, warmups, patience = Number.POSITIVE_INFINITY } = comparison;
  const end = performance.now() + patience * 1000;
  const records = new Map(contestants.map((contestant) => [contestant, cases.map(() => emptyRecord())]));
  const steps = (rounds + warmups) * contestants.length * cases.length;
  let done = 0;
  let longest = 0;
  for (let round = -warmups; round < rounds; round++) {
    const start = performance.now();
    if (round > 0 && start + longest > end) break;
    for (const contestant of contestants) {
      const ofContestant = records.get(contestant)!;
      const step = (name: string) =>
        progress(
          `${contestant.name}, ${name}, ${round < 0 ? "warming up" : `round ${round + 1} of ${rounds}`}`,
          done,
          steps,
        );
      const open = cases
        .map((benchCase, i) => ({ benchCase, record: ofContestant[i] }))
        .filter(({ record }) => !record.failure);
      done += cases.length - open.length;
      if (open.length === 0) continue;
      step("getting ready");
      const failure = await attempt(async () => contestant.up?.());
      for (const { benchCase, record } of open) {
        if (signal?.aborted) break;
        step(benchCase.name);
        record.failure =
          failure ?? (await attempt(async () => keep(record, round, await comparison.measure(contestant, benchCase))));
        done++;
      }
      // Also when it was broken off: nothing may be left behind.
      const trouble = await attempt(async () => contestant.down?.());
      if (trouble !== undefined) throw new Error(`${contestant.name} could not be taken down: ${trouble}`);
      signal?.throwIfAborted();
    }
    longest = Math.max(longest, performance.now() - start);
  }
  return rowsOf(comparison, records);
}

function emptyRecord(): Measured {
  return { samples: new Map() };
}

function keep(record: Measured, round: number, figures: Figures): void {
  if (round < 0) return;
  for (const [metric, value] of Object.entries(figures)) {
    if (!Number.isFinite(value)) throw new CheckFailed(`${metric} is ${value}`);
    const samples = record.samples.get(metric);
    if (samples) samples.push(value);
    else record.samples.set(metric, [value]);
  }
}

/** What went wrong, in a sentence; undefined: nothing. */
async function attempt(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    return error instanceof CheckFailed ? message : `could not be measured: ${message}`;
  }
}

/** A row for each metric of each case that anyone has. A failure is shown in the case's first row. */
function rowsOf<C extends Contestant, K extends Case>(
  { contestants, cases, metrics, references }: Comparison<C, K>,
  records: Map<C, Measured[]>,
): Row[] {
  const others = contestants.filter(({ kind }) => kind !== "megaflow" && kind !== "limit").map(({ name }) => name);
  const names = new Set(contestants.map(({ name }) => name));
  return cases.flatMap((benchCase, i) =>
    metrics.flatMap(({ name: metric, unit, better, detail }, place) => {
      const series = contestants.flatMap((contestant) => {
        const { samples, failure } = records.get(contestant)![i];
        if (failure !== undefined) return place === 0 ? [{ contestant: contestant.name, samples: [], failure }] : [];
        const ofMetric = samples.get(metric);
        return ofMetric ? [{ contestant: contestant.name, samples: ofMetric }] : [];
      });
      if (series.length === 0) return [];
      const row: Row = {
        metric,
        unit,
        better,
        case: benchCase.name,
        at: benchCase.at,
        detail,
        references: (references ?? others).filter((name) => names.has(name)),
        series,
      };
      return [row];
    }),
  );
}
