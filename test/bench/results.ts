/** Results made up for tests. */
import { type BenchResult, FORMAT, type Results, type Row, VERSION } from "../../bench/schema.ts";

export function row(change: Partial<Row> = {}): Row {
  return {
    metric: "rate",
    unit: "kpps",
    better: "higher",
    case: "60-byte frames",
    references: ["theirs"],
    series: [
      { contestant: "ours", samples: [20, 22, 24] },
      { contestant: "theirs", samples: [10, 11, 12] },
    ],
    ...change,
  };
}

export function results(rows: readonly Row[], change: Partial<BenchResult> = {}): Results {
  return {
    format: FORMAT,
    version: VERSION,
    started: "2026-01-02T03:04:05.000Z",
    seconds: 90,
    command: "npm run bench -- wire",
    quick: false,
    machine: {
      processor: "a processor",
      processors: 2,
      memoryBytes: 2 ** 33,
      kernel: "6.0",
      node: "26.0.0",
      v8: "14",
      packages: { nftables: "1" },
      revision: "abc",
      load: [0, 0, 0],
      busy: 0,
    },
    benches: [
      {
        name: "wire/frames",
        title: "frames",
        seconds: 80,
        settings: { seconds: 4 },
        rows,
        notes: ["a note"],
        absent: [],
        ...change,
      },
    ],
  };
}
