/**
 * Counters with their rates over the last 5 seconds, minute and hour, as `coverage/show` wants them.
 *
 * Cost: every 5 s one look at all counters; 12 of those and 60 of minutes are kept.
 */

export type Counts = ReadonlyMap<string, number>;

export interface Rate {
  readonly name: string;
  readonly total: number;
  /** Events a second over the last 5 seconds, the last minute, the last hour. */
  readonly seconds: number;
  readonly minute: number;
  readonly hour: number;
}

export const COVERAGE_INTERVAL = 5000;
const LOOKS_A_MINUTE = 12;
const MINUTES = 60;

export class CoverageHistory {
  readonly #read: () => Counts;
  /** The latest last. */
  readonly #looks: Counts[] = [];
  readonly #minutes: Counts[] = [];
  #count = 0;

  constructor(read: () => Counts) {
    this.#read = read;
  }

  /** To be called every COVERAGE_INTERVAL milliseconds. */
  look(): void {
    const counts = this.#read();
    this.#looks.push(counts);
    if (this.#looks.length > LOOKS_A_MINUTE + 1) this.#looks.shift();
    if (this.#count++ % LOOKS_A_MINUTE !== 0) return;
    this.#minutes.push(counts);
    if (this.#minutes.length > MINUTES + 1) this.#minutes.shift();
  }

  total(name: string): number | undefined {
    return this.#read().get(name);
  }

  rates(): Rate[] {
    const last = this.#looks.at(-1);
    const before = this.#looks.at(-2);
    const over = (name: string, from: Counts | undefined, seconds: number): number =>
      ((last?.get(name) ?? 0) - (from?.get(name) ?? 0)) / seconds;
    return [...this.#read()].map(([name, total]) => ({
      name,
      total,
      seconds: over(name, before, 5),
      minute: over(name, this.#looks.length > LOOKS_A_MINUTE ? this.#looks[0] : undefined, 60),
      hour: over(name, this.#minutes.length > MINUTES ? this.#minutes[0] : undefined, 3600),
    }));
  }

  /** The same for the same set of things that have happened. */
  hash(): string {
    let hash = 0;
    for (const [name, total] of this.#read()) {
      if (total === 0) continue;
      for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) >>> 0;
    }
    return hash.toString(16).padStart(8, "0");
  }
}
