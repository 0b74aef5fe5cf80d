/** Timers that go off when the test moves the clock, in the order of their times. */
export class Timers {
  #now: number;
  readonly #waiting = new Set<{ readonly at: number; readonly run: () => void }>();

  constructor(now = 0) {
    this.#now = now;
  }

  readonly now = (): number => this.#now;

  readonly schedule = (milliseconds: number, run: () => void): (() => void) => {
    const timer = { at: this.#now + milliseconds, run };
    this.#waiting.add(timer);
    return () => this.#waiting.delete(timer);
  };

  get pending(): number {
    return this.#waiting.size;
  }

  /** `moved` hears of every step, before what is due then runs. */
  advance(milliseconds: number, moved: (step: number) => void = () => {}): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = [...this.#waiting].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      const step = (next?.at ?? end) - this.#now;
      this.#now += step;
      moved(step);
      if (!next) return;
      this.#waiting.delete(next);
      next.run();
    }
  }
}
