/**
 * How evenly the ways of choosing a backend spread connections, and how many connections a change of backends moves.
 *
 * A fair hash spreads by chance only: chi-square's p is then anywhere between 0 and 1. dp_hash deals its slots (a power of two)
 * to the backends, so backends that do not divide the slots evenly get visibly different shares: p is 0 then, by design.
 */
import { chiSquare } from "../../src/lab/chi-square.ts";
import type { Bench, Case, Contestant, Figures } from "../bench.ts";
import { lacks } from "../install.ts";
import type { Row } from "../schema.ts";
import { median } from "../statistics.ts";
import { figure, samplesOf } from "../table.ts";
import { Balancer, WAYS } from "./balancer.ts";
import type { Backend, Chooser } from "./chooser.ts";
import { type Connection, capturedConnections, frameOf, randomConnections } from "./connections.ts";
import { KernelBalancer } from "./kernel-balancer.ts";

const BACKENDS = [2, 3, 4, 5, 8, 10, 16, 17, 32, 64, 100, 150, 200, 256, 300];
const QUICK_BACKENDS = [2, 3, 5, 16, 17, 64, 300];
const WEIGHTS: readonly (readonly number[])[] = [
  [1, 2],
  [1, 2, 3, 4],
  [100, 100, 50],
];

interface ChoosingContestant extends Contestant {
  make(backends: readonly Backend[]): Promise<Chooser>;
}

export const CONTESTANTS: readonly ChoosingContestant[] = [
  ...WAYS.map(
    (way): ChoosingContestant => ({
      name: way.name,
      kind: "megaflow",
      make: (backends) => Balancer.make(way, backends),
    }),
  ),
  { name: "kernel, nftables jhash", kind: "nft", missing: () => lacks("nft"), make: KernelBalancer.make },
];

interface BackendCase extends Case {
  readonly weights: readonly number[];
  /** Whether backends come and go, too. */
  readonly moves: boolean;
  connections(round: number): readonly Connection[];
}

export async function measureSpread(
  { make }: Pick<ChoosingContestant, "make">,
  { weights, moves }: BackendCase,
  connections: readonly Connection[],
): Promise<Figures> {
  const frames = framesOf(connections);
  const backends: Backend[] = weights.map((weight, id) => ({ id, weight }));
  const balancer = await make(backends);
  try {
    const chosen = await balancer.choose(frames);
    const counts = weights.map(() => 0);
    for (const id of chosen) counts[id]++;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const fair = counts.map((count, id) => count / (connections.length * (weights[id] / total)));
    const figures: Record<string, number> = {
      [GREATEST]: Math.max(...fair),
      [LEAST]: Math.min(...fair),
      [P]: chiSquare(counts, weights).pValue,
    };
    if (!moves) return figures;
    const gone = weights.length >> 1;
    await balancer.setBackends(backends.filter(({ id }) => id !== gone));
    const without = await balancer.choose(frames);
    figures[MOVED_GONE] = (100 * share(chosen, without, gone)) / connections.length;
    await balancer.setBackends(backends);
    await balancer.setBackends([...backends, { id: weights.length, weight: weights[0] }]);
    figures[MOVED_COME] = (100 * share(chosen, await balancer.choose(frames), weights.length)) / connections.length;
    return figures;
  } finally {
    await balancer.close();
  }
}

const frameLists = new WeakMap<readonly Connection[], Uint8Array[]>();

function framesOf(connections: readonly Connection[]): readonly Uint8Array[] {
  let frames = frameLists.get(connections);
  if (frames === undefined) {
    frames = connections.map(frameOf);
    frameLists.set(connections, frames);
  }
  return frames;
}

/** Connections that changed their backend though neither was the one that came or went. */
function share(before: Uint16Array, after: Uint16Array, changed: number): number {
  let moved = 0;
  for (let i = 0; i < before.length; i++) {
    if (before[i] !== after[i] && before[i] !== changed && after[i] !== changed) moved++;
  }
  return moved;
}

const GREATEST = "greatest share over its fair share";
const LEAST = "least share over its fair share";
export const P = "chi-square p: anywhere between 0 and 1 by chance, near 0 by design or fault";
const MOVED_GONE = "moved without need when a backend goes";
const MOVED_COME = "moved without need when a backend comes";

const METRICS = [
  { name: GREATEST, unit: "", better: "lower" },
  { name: LEAST, unit: "", better: "higher" },
  { name: P, unit: "", better: "neither" },
  { name: MOVED_GONE, unit: "% of connections", better: "lower" },
  { name: MOVED_COME, unit: "% of connections", better: "lower" },
] as const;

export function backendCase(count: number, connections: BackendCase["connections"], name: string): BackendCase {
  const weights = Array.from({ length: count }, () => 100);
  return { name, at: { axis: "backends", value: count, scale: "log" }, weights, moves: true, connections };
}

const bench: Bench = {
  title: "spread of connections over backends, and what moves when one goes or comes",
  async measure(session) {
    const count = session.quick ? 3000 : 50_000;
    const captured = capturedConnections();
    const rounds = session.quick ? 1 : 5;
    const drawn = Array.from({ length: rounds }, (_, round) => randomConnections(count, 1 + round));
    const random = (round: number) => drawn[round];
    session.setting("random connections", count);
    session.setting("captured connections", captured.length);
    const cases: BackendCase[] = [
      ...(session.quick ? QUICK_BACKENDS : BACKENDS).map((backends) => backendCase(backends, random, "random clients")),
      ...[2, 4, 8].map((backends) => backendCase(backends, () => captured, "captured clients")),
      ...WEIGHTS.map((weights) => ({
        name: `random clients, weights ${weights.join(":")}`,
        weights,
        moves: false,
        connections: random,
      })),
    ];
    const measured = new Map<string, number>();
    const rows = await session.compare({
      contestants: CONTESTANTS,
      cases,
      metrics: METRICS,
      rounds,
      warmups: 0,
      references: [],
      measure: (way, benchCase) => {
        // Every round draws other connections, the same for all ways.
        const key = `${way.name} ${cases.indexOf(benchCase)}`;
        const round = measured.get(key) ?? 0;
        measured.set(key, round + 1);
        return measureSpread(way, benchCase, benchCase.connections(round));
      },
    });
    session.note(answer(rows));
  },
};
export default bench;

/** One sentence on what a user should know before choosing. */
function answer(rows: readonly Row[]): string {
  const moved = rows.filter(({ metric, at }) => metric === MOVED_GONE && at !== undefined);
  const most = (name: string) => Math.max(...moved.map((row) => median(samplesOf(row, name) ?? [0])));
  const kernel = CONTESTANTS.find(({ kind, name }) => kind === "nft" && rows.some((row) => samplesOf(row, name)))?.name;
  return (
    `When one of several backends goes, dp_hash sends up to ${figure(most(WAYS[0].name))} % of all new connections to another ` +
    `backend than before though theirs still lives (its slots are dealt anew), hashing by fields ${figure(most(WAYS[2].name))} %` +
    (kernel === undefined ? ". " : `, the kernel's hash modulo their number up to ${figure(most(kernel))} %. `) +
    "Established connections stay where they are either way: the connection tracker knows them."
  );
}
