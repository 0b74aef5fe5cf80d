/** `npm run bench:report A.json [B.json …] REPORT.html`: the report of runs that are over. Benches of later files take the place of earlier ones. */
import { readFileSync, writeFileSync } from "node:fs";
import { parseResults } from "../schema.ts";
import { merged } from "./merge.ts";
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
