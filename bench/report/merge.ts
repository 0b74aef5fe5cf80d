import type { Results } from "../schema.ts";

/** Several runs as one. Benches of later runs take the place of earlier ones; the rest is the last run's. */
export function merged(all: readonly Results[]): Results {
  const benches = new Map(all.flatMap((results) => results.benches.map((bench) => [bench.name, bench])));
  const seconds = all.reduce((sum, results) => sum + results.seconds, 0);
  return { ...all.at(-1)!, seconds, benches: [...benches.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) };
}
