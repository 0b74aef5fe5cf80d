/** The question's answer in one picture and one sentence: what choosing by fields costs, as a multiple of dp_hash. */
import type { Position, Row } from "../schema.ts";
import { median, pairedRatios } from "../statistics.ts";
import { figure, samplesOf } from "../table.ts";
import { crossings } from "./crossings.ts";

/** Rows of one quantity over the number of connections, for one number of packets a connection. */
export interface PacketsRows {
  readonly packets: number;
  readonly rows: readonly Row[];
}

export const packetsText = (count: number): string =>
  count === 1 ? "1 packet" : `${count.toLocaleString("en-US")} packets`;
const lineName = (packets: number): string => `${packetsText(packets)} a connection`;

/** A row for each number of connections, a line for each number of packets: `fields` divided by `dpHash`, round by round. */
export function ratioRows(metric: string, all: readonly PacketsRows[], fields: string, dpHash: string): Row[] {
  const positions = new Map<number, Position>();
  for (const { rows } of all) for (const { at } of rows) if (at) positions.set(at.value, at);
  return [...positions.values()]
    .sort((a, b) => a.value - b.value)
    .map((at) => ({
      metric,
      unit: "×",
      better: "neither",
      case: "",
      at,
      level: 1,
      references: [],
      series: all.flatMap(({ packets, rows }) => {
        const row = rows.find((one) => one.at?.value === at.value);
        const [above, below] = [row && samplesOf(row, fields), row && samplesOf(row, dpHash)];
        const samples = above && below ? pairedRatios(above, below) : [];
        return samples.length > 0 ? [{ contestant: lineName(packets), samples }] : [];
      }),
    }));
}

/** The same points the other way round: over the packets of each of `connections` connections. */
export function rowsOverPackets(metric: string, all: readonly PacketsRows[], connections: number): Row[] {
  return all.flatMap(({ packets, rows }) => {
    const row = rows.find(({ at }) => at?.value === connections);
    if (row === undefined) return [];
    const at: Position = { axis: "packets a connection", value: packets, scale: "log" };
    return [{ ...row, metric, case: `${connections.toLocaleString("en-US")} connections`, at, detail: undefined }];
  });
}

interface Point {
  readonly connections: number;
  readonly packets: number;
  readonly ratio: number;
}

/** `asOvs`, `onePass`: rows of `ratioRows`. */
export function answer(all: readonly PacketsRows[], asOvs: readonly Row[], onePass: readonly Row[]): string {
  const turns = all.map(({ packets }) => turn(packets, pointsOf(asOvs, packets))).filter((text) => text !== undefined);
  const points = all.flatMap(({ packets }) => pointsOf(asOvs, packets));
  const most = points.reduce((a, b) => (b.ratio > a.ratio ? b : a));
  const passes = all.flatMap(({ packets }) => pointsOf(onePass, packets)).map(({ ratio }) => ratio);
  return (
    `As OVS does both, choosing by ip_src,tp_src costs more than dp_hash ${turns.join(", ")}, ` +
    `and at most ${figure(most.ratio)} × as much (${most.connections.toLocaleString("en-US")} connections of ${packetsText(most.packets)}); ` +
    `in one pass, as Megaflow does unless told otherwise, it costs ${figure(Math.min(...passes))} to ${figure(Math.max(...passes))} × as much, ` +
    `in the middle ${figure(median(passes))} ×.`
  );
}

function pointsOf(rows: readonly Row[], packets: number): Point[] {
  return rows.flatMap((row) => {
    const samples = samplesOf(row, lineName(packets));
    return samples ? [{ connections: row.at!.value, packets, ratio: median(samples) }] : [];
  });
}

/** From where on the line lies above 1, in words. */
function turn(packets: number, points: readonly Point[]): string | undefined {
  if (points.length < 2) return undefined;
  const ratios = points.map(({ ratio }) => ratio);
  const last = crossings(
    points.map(({ connections }) => connections),
    ratios,
    ratios.map(() => 1),
  ).at(-1);
  const each = packetsText(packets);
  if (last === undefined) return `at ${ratios[0] > 1 ? "any" : "no"} number of connections of ${each}`;
  const place = `${Math.max(2, Number(last.at.toPrecision(2))).toLocaleString("en-US")} connections of ${each}`;
  return last.lessAfter === "second" ? `from about ${place} on` : `only below about ${place}`;
}
