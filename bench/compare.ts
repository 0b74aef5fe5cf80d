/** `npm run bench:compare A.json B.json`: what B does faster or slower than A, beyond noise. */
import { readFileSync } from "node:fs";
import { compareResults, type Difference } from "./difference.ts";
import { parseResults } from "./schema.ts";
import { caseName, figure } from "./table.ts";

const files = process.argv.slice(2);
if (files.length !== 2) {
  console.error("usage: npm run bench:compare A.json B.json");
  process.exit(2);
}
try {
  const [before, after] = files.map((file) => parseResults(readFileSync(file, "utf8"), file));
  const { differences, compared, undecidable, unmatched, warnings, chance } = compareResults(before, after);
  for (const warning of warnings) console.log(`note: ${warning}`);
  for (const verdict of ["faster", "slower", "different"] as const) {
    const list = differences.filter((difference) => difference.verdict === verdict);
    if (list.length > 0) console.log(`\n${verdict}:\n${list.map(line).join("\n")}`);
  }
  console.log(
    `\n${compared} figures compared, ${differences.length} differ beyond noise (about ${chance.toFixed(1)} would by chance)` +
      `${undecidable ? `; ${undecidable} have too few rounds to tell` : ""}${unmatched ? `; ${unmatched} are in one file only` : ""}`,
  );
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}

function line({ bench, row, contestant, before, after, ratio, p }: Difference): string {
  const what = `${bench}, ${caseName(row)}, ${contestant}: ${row.metric}`;
  return `  ${what}  ${figure(before)} → ${figure(after)}${row.unit && ` ${row.unit}`}  (× ${figure(ratio)}, p = ${figure(p)})`;
}
