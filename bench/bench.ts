/** What a file `bench/NAME.bench.ts` exports as its default. */
export interface Bench {
  /** One line: what is measured, in which unit. */
  readonly title: string;
  /** Measures and prints; what it needs of the machine it says in an error. Figures go to `print`, one row a call. */
  run(print: (row: string) => void): Promise<void> | void;
}
