/**
 * The figures that a stranger asks for first: the best of Megaflow beside the best of each other kind, and apart from both what it is
 * when the kernel forwards the known flows.
 */
import type { Results, Row, Series } from "../schema.ts";
import { median, pairedRatios, spread } from "../statistics.ts";
import { figure } from "../table.ts";
import { type Family, familyOf } from "./families.ts";

interface Question {
  readonly asks: string;
  readonly bench: string;
  readonly metric: string;
  readonly case?: string;
  /** Place on the row's axis. */
  readonly at?: number;
}

export const QUESTIONS: readonly Question[] = [
  { asks: "TCP, one connection", bench: "wire/tcp", metric: "received", case: "1 connection, offloads on" },
  {
    asks: "TCP through the load balancer, one connection",
    bench: "balancer/connections",
    metric: "received",
    case: "one long connection",
  },
  { asks: "60-byte frames a second", bench: "wire/frames", metric: "frames that arrive", case: "60-byte frames" },
  { asks: "UDP round trip, median", bench: "wire/latency", metric: "round trip p50", case: "UDP" },
  {
    asks: "TCP round trip through the load balancer, median",
    bench: "balancer/connections",
    metric: "round trip p50",
    case: "TCP round trips",
  },
  {
    asks: "the same, 99th percentile",
    bench: "balancer/connections",
    metric: "round trip p99",
    case: "TCP round trips",
  },
  {
    asks: "new connections through the load balancer",
    bench: "balancer/connections",
    metric: "new connections a second",
    case: "new connections, crafted",
  },
  {
    asks: "switch's processor time for 10,000 of them",
    bench: "balancer/connections",
    metric: "processor of the switch, 10,000 connections",
    case: "new connections, crafted",
  },
  {
    asks: "new connections of hosts' own TCP stacks",
    bench: "balancer/connections",
    metric: "new connections a second",
    case: "new connections",
  },
  {
    asks: "switch's processor time for 10,000 of those",
    bench: "balancer/connections",
    metric: "processor of the switch, 10,000 connections",
    case: "new connections",
  },
  { asks: "megaflows set up over the wire", bench: "wire/set-ups", metric: "megaflows set up" },
  {
    asks: "output in memory, exact match, 100,000 flows",
    bench: "memory/datapath",
    metric: "with the packet source",
    case: "output, exact-match cache",
    at: 100_000,
  },
  {
    asks: "look-up in memory through 512 masks",
    bench: "memory/datapath",
    metric: "with the packet source",
    case: "100,000 flows, no cache",
    at: 512,
  },
  {
    asks: "established connections in memory, 100,000",
    bench: "memory/datapath",
    metric: "with the packet source",
    case: "ct established",
    at: 100_000,
  },
  { asks: "the daemon's start", bench: "slow-path/daemon", metric: "start to ready" },
];

export interface Best {
  readonly contestant: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
}

export interface Headline {
  readonly asks: string;
  readonly bench: string;
  readonly unit: string;
  readonly better: Row["better"];
  readonly ours: Best;
  /** Ours with hw-offload. */
  readonly offload?: Best;
  readonly ovs?: Best;
  readonly kernel?: Best;
  /** What the generator makes without a switch, where that was measured: nobody can do better. */
  readonly limit?: Best;
  /** Ours divided by the best of the family, round by round. */
  readonly ratios: Ratios;
  readonly offloadRatios: Ratios;
}

type Ratios = Readonly<Partial<Record<"ovs" | "kernel", number>>>;

/** Those of the questions above that the results answer. */
export function headlines({ benches }: Pick<Results, "benches">): Headline[] {
  return QUESTIONS.flatMap((question) => {
    const rows = benches.find(({ name }) => name === question.bench)?.rows ?? [];
    const row = rows.find(
      (one) =>
        one.metric === question.metric &&
        (question.case === undefined || one.case === question.case) &&
        (question.at === undefined || one.at?.value === question.at),
    );
    const ours = row && bestOf(row, "megaflow");
    if (row === undefined || ours === undefined) return [];
    const [offload, ovs, kernel, limit] = (["offload", "ovs", "kernel", "limit"] as const).map((family) =>
      bestOf(row, family),
    );
    const ratios = (own: Series | undefined): Ratios => ({ ovs: ratio(own, ovs), kernel: ratio(own, kernel) });
    const { unit, better } = row;
    return [
      {
        asks: question.asks,
        bench: question.bench,
        unit,
        better,
        ours: described(ours),
        offload: offload && described(offload),
        ovs: ovs && described(ovs),
        kernel: kernel && described(kernel),
        limit: limit && described(limit),
        ratios: ratios(ours),
        offloadRatios: ratios(offload),
      },
    ];
  });
}

function ratio(own: Series | undefined, other: Series | undefined): number | undefined {
  return own && other && median(pairedRatios(own.samples, other.samples));
}

/** "1.40 × better", "2.00 × worse", whichever way the row counts. */
export function verdict(
  { better, ratios, offloadRatios }: Headline,
  other: "ovs" | "kernel",
  whose: "ours" | "offload" = "ours",
): string {
  const ratio = (whose === "ours" ? ratios : offloadRatios)[other];
  if (ratio === undefined || better === "neither") return "–";
  const gain = better === "higher" ? ratio : 1 / ratio;
  return gain >= 1 ? `${figure(gain)} × better` : `${figure(1 / gain)} × worse`;
}

function bestOf(row: Row, family: Family): Series | undefined {
  const sign = row.better === "higher" ? -1 : 1;
  return row.series
    .filter(({ contestant, samples }) => familyOf(contestant) === family && samples.length > 0)
    .sort((a, b) => sign * (median(a.samples) - median(b.samples)))[0];
}

function described({ contestant, samples }: Series): Best {
  const { median: value, min, max } = spread(samples);
  return { contestant, value, min, max, rounds: samples.length };
}
