/** A row of results as text: a line for each contestant, with its ratio to the references. */
import type { Row } from "./schema.ts";
import { median, pairedRatios, spread } from "./statistics.ts";

/** Three significant digits, thousands apart. */
export function figure(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(2);
  const digits = Math.max(0, 2 - Math.floor(Math.log10(size)));
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** "1.42 × ovs (1.38 … 1.47)": the median of the rounds' ratios, and their range. */
export function ratioText(row: Row, contestant: string, reference: string): string | undefined {
  const samples = samplesOf(row, contestant);
  const against = samplesOf(row, reference);
  if (contestant === reference || !samples || !against) return undefined;
  const ratios = pairedRatios(samples, against);
  if (ratios.length === 0) return undefined;
  const { min, max } = spread(ratios);
  return `${figure(median(ratios))} × ${reference} (${figure(min)} … ${figure(max)})`;
}

/** A contestant's ratios to all references; the references themselves have none: theirs are the inverse. */
export function ratiosOf(row: Row, contestant: string): string[] {
  if (row.references.includes(contestant)) return [];
  return row.references.flatMap((reference) => ratioText(row, contestant, reference) ?? []);
}

export function samplesOf(row: Row, contestant: string): readonly number[] | undefined {
  const series = row.series.find((one) => one.contestant === contestant);
  return series && series.failure === undefined ? series.samples : undefined;
}

export function caseName({ case: name, at }: Pick<Row, "case" | "at">): string {
  return at === undefined ? name : [name, `${at.value.toLocaleString("en-US")} ${at.axis}`].filter(Boolean).join(", ");
}

export function rowText(row: Row): string[] {
  const width = Math.max(...row.series.map(({ contestant }) => contestant.length));
  const heading = `${caseName(row)}: ${row.metric}${row.unit ? `, ${row.unit}` : ""}${betterText(row)}`;
  return [heading, ...row.series.map(line)];

  function line({ contestant, samples, failure }: Row["series"][number]): string {
    const start = `  ${contestant.padEnd(width)}`;
    if (failure !== undefined) return `${start}  NO FIGURE: ${failure}`;
    const { median: middle, min, max } = spread(samples);
    const range = samples.length > 1 ? `  (${figure(min)} … ${figure(max)}, ${samples.length} rounds)` : "";
    const ratios = ratiosOf(row, contestant).map((ratio) => ratio.replace(/ \(.*\)$/, "")); // results have the ranges
    return `${start}  ${figure(middle).padStart(9)}${range}${ratios.length > 0 ? `  ${ratios.join(", ")}` : ""}`;
  }
}

export function betterText({ better }: Pick<Row, "better">): string {
  return better === "neither" ? "" : better === "higher" ? " (more is better)" : " (less is better)";
}
