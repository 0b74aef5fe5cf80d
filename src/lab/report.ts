/** The lab's totals as text. */
import type { Verdict } from "./verdict.ts";

/** p-values below this are called uneven: 1 in 1000 runs of a perfect hash would be. */
const SUSPICIOUS = 0.001;

export function reportLines(verdict: Verdict): string[] {
  const { curls, failed, answers, spread, faults } = verdict;
  const width = Math.max(...[...answers.keys()].map((text) => text.length));
  const lines = [`${curls} curls: ${curls - failed} answered, ${failed} failed`];
  for (const [text, count] of answers) lines.push(`  ${text.padEnd(width)}  ${count}`);
  if (spread) {
    const freedom = spread.degreesOfFreedom === 1 ? "1 degree" : `${spread.degreesOfFreedom} degrees`;
    const says = spread.pValue < SUSPICIOUS ? "more uneven than chance explains" : "as even as chance allows";
    lines.push(
      `spread over ${spread.over}: chi-square ${spread.statistic.toFixed(3)} (${freedom} of freedom), p = ${formatP(spread.pValue)}: ${says}`,
    );
  }
  return [...lines, ...faults.map((fault) => `FAILED: ${fault}`)];
}

function formatP(p: number): string {
  return p >= 0.001 ? p.toFixed(3) : p.toExponential(1);
}
