/** `npm run bench:report A.json [B.json …] REPORT.html`: the report of runs that are over. Benches of later files take the place of earlier ones. */
import { readFileSync, writeFileSync } from "node:fs";
import { parseResults, type Results } from "../schema.ts";
import { reportHtml } from "./report.ts";

const files = process.argv.slice(2);
const target = files.pop();
if (files.length === 0 || target === undefined || !/\.html?$/.test(target)) {
  console.error("usage: npm run bench:report A.json [B.json …] REPORT.html");
  process.exit(2);
}
try {
  writeFileSync(target, reportHtml(merged(files.map((file) => parseResults(readFileSync(file, "utf8"), file)))));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}

function merged(all: readonly Results[]): Results {
  const benches = new Map(all.flatMap((results) => results.benches.map((bench) => [bench.name, bench])));
  const seconds = all.reduce((sum, results) => sum + results.seconds, 0);
  return { ...all.at(-1)!, seconds, benches: [...benches.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) };
}
