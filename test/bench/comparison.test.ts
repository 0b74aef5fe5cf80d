import { describe, expect, it } from "vitest";
import { type Contestant, check, type Metric } from "../../bench/bench.ts";
import { runComparison } from "../../bench/comparison.ts";
import { resultFaults } from "../../bench/schema.ts";
import { BenchSession } from "../../bench/session.ts";
import { results } from "./results.ts";

const METRICS: Metric[] = [
  { name: "rate", unit: "kpps", better: "higher" },
  { name: "loss", unit: "%", better: "lower" },
];
const CASES = [{ name: "small" }, { name: "large" }];

class Scripted implements Contestant {
  readonly name: string;
  readonly kind: Contestant["kind"];
  readonly log: string[];

  constructor(name: string, kind: Contestant["kind"], log: string[]) {
    this.name = name;
    this.kind = kind;
    this.log = log;
  }

  async up(): Promise<void> {
    this.log.push(`${this.name} up`);
  }

  async down(): Promise<void> {
    this.log.push(`${this.name} down`);
  }
}

describe("a comparison", () => {
  const comparison = (log: string[], measure: (name: string, benchCase: string) => Record<string, number>) => ({
    contestants: [new Scripted("ours", "megaflow", log), new Scripted("theirs", "ovs", log)],
    cases: CASES,
    metrics: METRICS,
    rounds: 2,
    warmups: 1,
    measure: ({ name }: Contestant, benchCase: { name: string }) => {
      log.push(`${name} ${benchCase.name}`);
      return measure(name, benchCase.name);
    },
  });

  it("takes turns, A B A B, and throws the warm-up away", async () => {
    const log: string[] = [];
    const rows = await runComparison(comparison(log, (_, benchCase) => ({ rate: benchCase === "small" ? 1 : 2 })));
    const turn = (name: string) => [`${name} up`, `${name} small`, `${name} large`, `${name} down`];
    expect(log).toEqual(Array.from({ length: 3 }, () => [...turn("ours"), ...turn("theirs")]).flat());
    expect(rows.map(({ case: name, metric }) => `${name} ${metric}`)).toEqual(["small rate", "large rate"]);
    expect(rows[1].series).toEqual([
      { contestant: "ours", samples: [2, 2] },
      { contestant: "theirs", samples: [2, 2] },
    ]);
    expect(rows[0].references).toEqual(["theirs"]);
  });

  it("begins no round that its patience would not see the end of, but plays one in any case", async () => {
    const rounds = async (patience: number) => {
      const rows = await runComparison({ ...comparison([], () => ({ rate: 1 })), rounds: 4, warmups: 0, patience });
      return rows[0].series.map(({ samples }) => samples.length);
    };
    expect(await rounds(0)).toEqual([1, 1]);
    expect(await rounds(60)).toEqual([4, 4]);
  });

  it("gives no figure to a contestant whose check failed once, and does not try it again", async () => {
    const log: string[] = [];
    let left = 2;
    const rows = await runComparison(
      comparison(log, (name, benchCase) => {
        check(!(name === "ours" && benchCase === "small" && --left === 0), "3 packets are unaccounted for");
        return { rate: 5, loss: 0 };
      }),
    );
    expect(rows[0]).toMatchObject({ case: "small", metric: "rate" });
    expect(rows[0].series[0]).toEqual({ contestant: "ours", samples: [], failure: "3 packets are unaccounted for" });
    expect(rows[1].series.map(({ contestant }) => contestant)).toEqual(["theirs"]);
    expect(rows[2].series[0].samples).toEqual([5, 5]);
    expect(log.filter((entry) => entry === "ours small")).toHaveLength(2);
    expect(resultFaults(results(rows))).toEqual([]);
  });

  it("refuses a figure that is not a number", async () => {
    const rows = await runComparison(comparison([], () => ({ rate: Number.NaN })));
    expect(rows[0].series[0].failure).toBe("rate is NaN");
  });

  it("takes down what it brought up when it is broken off", async () => {
    const log: string[] = [];
    const broken = new AbortController();
    const running = runComparison(
      comparison(log, () => {
        broken.abort(new Error("broken off"));
        return { rate: 1 };
      }),
      undefined,
      broken.signal,
    );
    await expect(running).rejects.toThrow("broken off");
    expect(log).toEqual(["ours up", "ours small", "ours down"]);
  });
});

describe("a bench's session", () => {
  const screen = () => {
    const lines: string[] = [];
    return { lines, write: (text: string) => lines.push(text) };
  };

  it("leaves out whom nobody asked for, and says who cannot take part and why", async () => {
    const out = screen();
    const session = new BenchSession("name", "title", { quick: true, against: ["ovs"] }, out);
    const absent = { name: "theirs", kind: "ovs", missing: () => "it is not installed" } as const;
    const result = await session.run({
      title: "title",
      measure: async (session) => {
        await session.compare({
          contestants: [{ name: "ours", kind: "megaflow" }, absent, { name: "bridge", kind: "bridge" }],
          cases: [{ name: "small" }],
          metrics: METRICS,
          rounds: 1,
          warmups: 0,
          measure: () => ({ rate: 3 }),
        });
      },
    });
    expect(result.rows[0].series.map(({ contestant }) => contestant)).toEqual(["ours"]);
    expect(result.absent).toEqual([{ contestant: "theirs", reason: "it is not installed" }]);
    expect(out.lines.join("")).toContain("theirs does not take part: it is not installed");
  });

  it("keeps what was measured when the bench ends early", async () => {
    const session = new BenchSession("name", "title", { quick: true, against: undefined }, screen());
    const result = await session.run({
      title: "title",
      measure: () => Promise.reject(new Error("needs iperf3")),
    });
    expect(result).toMatchObject({ error: "needs iperf3", rows: [] });
  });
});
