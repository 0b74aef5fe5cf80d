/**
 * `npm run bench`: runs the benches (files NAME.bench.ts beside this one) whose names start with one of the words given,
 * all without words. `--list` names them.
 */
import { readdirSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import type { Bench } from "./bench.ts";

const SUFFIX = ".bench.ts";

const { values, positionals } = parseArgs({
  options: { list: { type: "boolean", default: false } },
  allowPositionals: true,
});

const names = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length))
  .sort();
const unknown = positionals.filter((word) => !names.some((name) => name.startsWith(word)));
if (unknown.length > 0) {
  console.error(`no bench starts with ${unknown.join(", ")}: there are ${names.join(", ")}`);
  process.exit(2);
}
const chosen = names.filter((name) => positionals.length === 0 || positionals.some((word) => name.startsWith(word)));

if (!values.list) console.log(`Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown CPU"}`);
for (const name of chosen) {
  const { default: bench } = (await import(`./${name}${SUFFIX}`)) as { default: Bench };
  console.log(values.list ? `${name.padEnd(24)} ${bench.title}` : `\n${name}: ${bench.title}`);
  if (!values.list) await bench.run((row) => console.log(`  ${row}`));
}
