/**
 * The README's figures: `npm run bench:readme` writes the part between its two marks anew from the results that the first one names.
 * Benches of later results take the place of earlier ones: what has a run of its own, as OVS with DPDK, stands beside the rest.
 *
 *   <!-- figures: bench/results/NAME.json [bench/results/MORE.json …] -->
 *   …
 *   <!-- end of figures -->
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { busyWarning } from "../machine.ts";
import { parseResults, type Results } from "../schema.ts";
import { figure } from "../table.ts";
import { type Best, headlines, verdict } from "./headlines.ts";
import { merged } from "./merge.ts";

const ROOT = new URL("../../", import.meta.url);
const PART = /<!-- figures: (\S+\.json(?: \S+\.json)*) -->\n[\s\S]*?<!-- end of figures -->/;
/** The benches whose sentences are answers, not remarks. */
const ANSWERS = ["select/cost", "hash/distribution"];

/** @throws Error when the text has no such part. */
export function withFigures(readme: string, read: (file: string) => Results): string {
  const named = PART.exec(readme)?.[1];
  if (named === undefined) throw new Error("README.md has no part between <!-- figures: FILE.json --> and its end");
  const runs = named.split(" ").map((file) => ({ file, results: read(file) }));
  return readme.replace(PART, () => `<!-- figures: ${named} -->\n${figures(runs)}\n<!-- end of figures -->`);
}

export function readResults(file: string): Results {
  return parseResults(readFileSync(new URL(file, ROOT), "utf8"), file);
}

interface Run {
  readonly file: string;
  readonly results: Results;
}

function figures(runs: readonly Run[]): string {
  const all = merged(runs.map(({ results }) => results));
  const lines = headlines(all).map((line) => {
    const [ours, offload, ovs, kernel] = [line.ours, line.offload, line.ovs, line.kernel].map((b) =>
      cell(b, line.unit),
    );
    const verdicts = (["ours", "offload"] as const).flatMap((whose) => [
      verdict(line, "ovs", whose),
      verdict(line, "kernel", whose),
    ]);
    const limit = line.limit === undefined ? "–" : `${figure(line.limit.value)} ${line.unit}`;
    return [line.asks, ours, ovs, kernel, ...verdicts.slice(0, 2), offload, ...verdicts.slice(2), limit];
  });
  const against = ["against OVS", "against Linux"];
  const table = [
    ["the best of each", "Megaflow", "OVS", "Linux", ...against, "Megaflow, hw-offload", ...against, "no switch"],
    ...lines,
  ];
  const answers = all.benches.filter(({ name }) => ANSWERS.includes(name)).flatMap(({ notes }) => notes.at(-1) ?? []);
  return [...runs.flatMap(origin), "", markdown(table), ...answers.flatMap((answer) => ["", answer]), ""].join("\n");
}

/** Where and how a run took place, and what repeats it; of all but the first, which benches are from it. */
function origin({ file, results }: Run, place: number): string[] {
  const { started, machine, command, benches } = results;
  const report = `bench/results/${basename(file, ".json")}.html`;
  const warning = busyWarning(machine);
  const what = place === 0 ? "" : `${benches.map(({ name }) => name).join(", ")}: `;
  return [
    "",
    `${what}${started.slice(0, 10)}, ${machine.processors} × ${machine.processor}, Linux ${machine.kernel}, Node ${machine.node}, ` +
      `Open vSwitch ${machine.packages["openvswitch-switch"] ?? "absent"}, revision ${machine.revision}; medians of a run of`,
    "",
    `    ${command}`,
    "",
    `whose [results](${file}) and [report](${report}) are kept.${warning ? ` **${warning}**` : ""}`,
  ];
}

function cell(best: Best | undefined, unit: string): string {
  return best === undefined ? "–" : `${figure(best.value)} ${unit} (${best.contestant})`;
}

function markdown([head, ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (row: readonly string[]) => `| ${row.map((text, column) => text.padEnd(widths[column])).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

if (import.meta.main) {
  const file = new URL("README.md", ROOT);
  writeFileSync(file, withFigures(readFileSync(file, "utf8"), readResults));
}
