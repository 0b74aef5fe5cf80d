/** Measures contestants in turn, A B C A B C …, and prints medians with their ratio to the best of the others. */
import { type Contestant, contestants, type Wire } from "./contestants.ts";

export interface Comparison {
  readonly unit: string;
  readonly rounds: number;
  readonly digits: number;
  /** More is better. @throws when what was measured is not right (nothing arrived, wrong bytes). */
  measure(wire: Wire): Promise<number>;
}

export async function compare(
  { unit, rounds, digits, measure }: Comparison,
  print: (row: string) => void,
): Promise<void> {
  const figures = new Map<string, number[]>();
  const all = contestants();
  for (const contestant of all) {
    const reason = contestant.missing();
    if (reason) print(`${contestant.name.padEnd(20)} not measured: ${reason}`);
    else figures.set(contestant.name, []);
  }
  for (let round = 0; round < rounds; round++) {
    for (const contestant of all) {
      const list = figures.get(contestant.name);
      if (list) list.push(await once(contestant, measure));
    }
  }
  const ovs = Math.max(...[...figures].filter(([name]) => name.startsWith("ovs")).map(([, list]) => median(list)));
  for (const [name, list] of figures) {
    const [low, middle, high] = [Math.min(...list), median(list), Math.max(...list)].map((n) => n.toFixed(digits));
    const ratio = Number.isFinite(ovs) ? `  ${(median(list) / ovs).toFixed(2)} × ovs` : "";
    print(`${name.padEnd(20)} ${middle.padStart(8)} ${unit}  (${low} … ${high} in ${rounds} rounds)${ratio}`);
  }
}

async function once(contestant: Contestant, measure: Comparison["measure"]): Promise<number> {
  const wire = await contestant.up();
  try {
    return await measure(wire);
  } finally {
    await contestant.down();
  }
}

function median(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
