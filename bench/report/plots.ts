/**
 * Which plots a bench's rows make: cases along an axis become lines, the others become bars, a plot for each metric.
 *
 * Invariants: no plot is empty, every line and bar has a value, every plot has a title and every line plot an axis; contestants
 * keep their colour through all of a bench's plots.
 */
import type { BenchResult, Row } from "../schema.ts";
import { median, pairedRatios, type Spread, spread } from "../statistics.ts";
import { figure } from "../table.ts";
import { contestantColors } from "./colors.ts";
import { type Family, familyOf } from "./families.ts";

export type Plot = BarPlot | LinePlot;

interface PlotHead {
  readonly title: string;
  readonly unit: string;
  readonly better: Row["better"];
}

export interface BarPlot extends PlotHead {
  readonly kind: "bars";
  readonly groups: readonly { readonly case: string; readonly bars: readonly Bar[] }[];
  /** The end of the scale, the same for all groups. */
  readonly top: number;
}

export interface Bar extends Spread {
  readonly contestant: string;
  readonly color: string;
  /** Against the best references; the table has them all. */
  readonly ratio: string | undefined;
}

export interface LinePlot extends PlotHead {
  readonly kind: "lines";
  readonly axis: string;
  readonly axisScale: "linear" | "log";
  readonly valueScale: "linear" | "log";
  readonly positions: readonly number[];
  /** Drawn across, when the values have one (Row.level). */
  readonly level?: number;
  /** A value or null for each position, never nulls only. */
  readonly lines: readonly {
    readonly contestant: string;
    readonly color: string;
    readonly values: readonly (number | null)[];
  }[];
}

/** Values further apart than this are drawn on a logarithmic scale, unless it would have no end (probabilities near 0). */
const LOG_RANGE = 30;
const LONGEST_LOG_RANGE = 1e9;

export function plotsOf({ rows }: Pick<BenchResult, "rows">): Plot[] {
  // Ratios have other lines than what they are made of.
  const ofRatios = contestantColors(rows.filter(({ level }) => level !== undefined));
  const ofOthers = contestantColors(rows.filter(({ level }) => level === undefined));
  const plots: Plot[] = [];
  for (const group of Map.groupBy(rows.filter(isDrawn), groupKey).values()) {
    const colors = group[0].level === undefined ? ofOthers : ofRatios;
    const positions = new Set(group.map(({ at }) => at?.value));
    plots.push(group[0].at !== undefined && positions.size > 1 ? linePlot(group, colors) : barPlot(group, colors));
  }
  return plots;
}

function isDrawn({ series, detail }: Row): boolean {
  return !detail && series.some(({ samples }) => samples.length > 0);
}

/** Bars of one metric stand in one plot; lines of different cases do not. */
function groupKey(row: Row): string {
  return JSON.stringify([row.metric, row.unit, row.at?.axis, row.at && row.case]);
}

function barPlot(rows: readonly Row[], colors: ReadonlyMap<string, string>): BarPlot {
  const groups = rows.map((row) => ({
    case: row.at === undefined ? row.case : `${row.case} ${row.at.value} ${row.at.axis}`.trim(),
    bars: row.series
      .filter(({ samples }) => samples.length > 0)
      .map(({ contestant, samples }) => ({
        contestant,
        color: colors.get(contestant)!,
        ...spread(samples),
        ratio: bestRatios(row, contestant),
      })),
  }));
  const top = Math.max(...groups.flatMap(({ bars }) => bars.map(({ max }) => max)));
  return { kind: "bars", ...head(rows[0]), groups, top: top > 0 ? top : 1 };
}

/** "2.10 × OVS, 0.480 × kernel": against the best reference of each family. */
function bestRatios(row: Row, contestant: string): string | undefined {
  if (row.better === "neither" || row.references.includes(contestant)) return undefined;
  const measured = row.references.filter((reference) => samplesFor(row, reference).length > 0);
  const sign = row.better === "higher" ? 1 : -1;
  const families = Map.groupBy(measured, (reference) => FAMILY_NAMES[familyOf(reference) ?? "limit"] ?? reference);
  const ratios = [...families].flatMap(([name, references]) => {
    const [best] = references.sort((a, b) => sign * (median(samplesFor(row, b)) - median(samplesFor(row, a))));
    const pairs = pairedRatios(samplesFor(row, contestant), samplesFor(row, best));
    return pairs.length > 0 ? [`${figure(median(pairs))} × ${name}`] : [];
  });
  return ratios.length > 0 ? ratios.join(", ") : undefined;
}

const FAMILY_NAMES: Readonly<Partial<Record<Family, string>>> = { ovs: "OVS", kernel: "kernel" };

function linePlot(rows: readonly Row[], colors: ReadonlyMap<string, string>): LinePlot {
  const { at, level } = rows[0];
  const { axis, scale } = at!;
  const sorted = rows.toSorted((a, b) => a.at!.value - b.at!.value);
  const names = [...colors.keys()].filter((name) => rows.some((row) => samplesFor(row, name).length > 0));
  const lines = names.map((contestant) => ({
    contestant,
    color: colors.get(contestant)!,
    values: sorted.map((row) => {
      const samples = samplesFor(row, contestant);
      return samples.length === 0 ? null : median(samples);
    }),
  }));
  const values = lines.flatMap((line) => line.values.filter((value) => value !== null));
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const wide = most / least > LOG_RANGE || level !== undefined;
  return {
    kind: "lines",
    ...head(rows[0], rows[0].case),
    axis,
    axisScale: scale,
    valueScale: least > 0 && wide && most / least < LONGEST_LOG_RANGE ? "log" : "linear",
    positions: sorted.map((row) => row.at!.value),
    level,
    lines,
  };
}

function samplesFor(row: Row, contestant: string): readonly number[] {
  return row.series.find((series) => series.contestant === contestant)?.samples ?? [];
}

function head({ metric, unit, better }: Row, benchCase = ""): PlotHead {
  return { title: benchCase === "" ? metric : `${benchCase}: ${metric}`, unit, better };
}
