/** One bench on its way: who takes part, what is printed, what goes into the results. */
import type { Arguments } from "./arguments.ts";
import type { Bench, Case, Comparison, Contestant, Kind, Session } from "./bench.ts";
import { runComparison } from "./comparison.ts";
import type { BenchResult, Row } from "./schema.ts";
import { rowText } from "./table.ts";

export interface Screen {
  write(text: string): void;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export class BenchSession implements Session {
  readonly quick: boolean;
  readonly #name: string;
  readonly #title: string;
  readonly #against: Arguments["against"];
  readonly #screen: Screen;
  readonly #signal: AbortSignal | undefined;
  readonly #settings: Record<string, string | number | boolean> = {};
  readonly #notes: string[] = [];
  readonly #rows: Row[] = [];
  readonly #absent: { contestant: string; reason: string }[] = [];

  constructor(
    name: string,
    title: string,
    { quick, against }: Pick<Arguments, "quick" | "against">,
    screen: Screen = process.stdout,
    signal?: AbortSignal,
  ) {
    this.#name = name;
    this.#title = title;
    this.quick = quick;
    this.#against = against;
    this.#screen = screen;
    this.#signal = signal;
  }

  /** An error of the bench ends this bench only. */
  async run(bench: Bench): Promise<BenchResult> {
    const start = performance.now();
    let error: string | undefined;
    try {
      await bench.measure(this);
    } catch (thrown) {
      error = (thrown as Error).message;
      this.#clearProgress();
      this.#print(`ended early: ${error}`);
    }
    return {
      name: this.#name,
      title: this.#title,
      seconds: (performance.now() - start) / 1000,
      settings: this.#settings,
      rows: this.#rows,
      notes: this.#notes,
      absent: this.#absent,
      error,
    };
  }

  asksFor(kind: Kind): boolean | undefined {
    return this.#against?.includes(kind);
  }

  setting(name: string, value: string | number | boolean): void {
    this.#settings[name] = value;
  }

  note(sentence: string): void {
    this.#notes.push(sentence);
    this.#print(sentence);
  }

  lead(rows: readonly Row[]): void {
    for (const row of rows) for (const line of rowText(row)) this.#print(line);
    this.#rows.unshift(...rows);
  }

  async compare<C extends Contestant, K extends Case>(comparison: Comparison<C, K>): Promise<readonly Row[]> {
    const contestants = comparison.contestants.filter((contestant) => this.#takesPart(contestant));
    const progress = (step: string, done: number, steps: number) => this.#progress(step, done, steps);
    const rows = await runComparison({ ...comparison, contestants }, progress, this.#signal);
    this.#clearProgress();
    const played = rows.flatMap(({ series }) => series.map(({ samples }) => samples.length));
    this.setting("rounds", Math.max(Number(this.#settings.rounds ?? 0), ...played));
    this.setting("warm-up rounds", comparison.warmups);
    for (const row of rows) if (!row.detail) for (const line of rowText(row)) this.#print(line);
    this.#rows.push(...rows);
    return rows;
  }

  #takesPart(contestant: Contestant): boolean {
    const { name, kind } = contestant;
    const ours = kind === "megaflow" || kind === "limit";
    if (!ours && this.#against !== undefined && !this.#against.includes(kind)) return false;
    const reason = contestant.missing?.();
    if (reason === undefined) return true;
    if (!this.#absent.some((one) => one.contestant === name)) {
      this.#absent.push({ contestant: name, reason });
      this.#print(`${name} does not take part: ${reason}`);
    }
    return false;
  }

  #print(line: string): void {
    this.#screen.write(`  ${line}\n`);
  }

  #progress(step: string, done: number, steps: number): void {
    if (!this.#screen.isTTY) return;
    const text = `  ${String(Math.floor((100 * done) / steps)).padStart(3)} %  ${step}`;
    this.#screen.write(`\r\x1b[K${text.slice(0, (this.#screen.columns ?? 80) - 1)}`);
  }

  #clearProgress(): void {
    if (this.#screen.isTTY) this.#screen.write("\r\x1b[K");
  }
}
