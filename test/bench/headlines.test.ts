import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { benchNames } from "../../bench/main.ts";
import { headlines, QUESTIONS, verdict } from "../../bench/report/headlines.ts";
import { reportHtml } from "../../bench/report/report.ts";
import { results, row } from "./results.ts";

const tcp = row({
  metric: "received",
  unit: "Gbit/s",
  case: "1 connection, offloads on",
  series: [
    { contestant: "megaflow tap", samples: [2, 3, 4] },
    { contestant: "megaflow veth", samples: [4, 6, 8] },
    { contestant: "megaflow veth, hw-offload", samples: [24, 24, 24] },
    { contestant: "ovs veth", samples: [1, 2, 3] },
    { contestant: "ovs veth, tso", samples: [], failure: "lost" },
    { contestant: "linux bridge", samples: [12, 12, 12] },
    { contestant: "no switch: the generator's ceiling", samples: [99, 99, 99] },
  ],
});
const measured = results([tcp], { name: "wire/tcp" });

it.each(QUESTIONS)("$asks: its bench has such a metric", ({ bench, metric, case: benchCase }) => {
  const folder = bench.split("/")[0];
  const sources = readdirSync(new URL(`../../bench/${folder}/`, import.meta.url))
    .map((name) => readFileSync(new URL(`../../bench/${folder}/${name}`, import.meta.url), "utf8"))
    .join("");
  expect(benchNames()).toContain(bench);
  expect(sources).toContain(`"${metric}"`);
  // Names of cases on the wire are put together: what stays of them is looked for.
  if (benchCase !== undefined)
    expect(sources).toContain(benchCase.replace(/^\d+(-byte)?.*?(frames|connection).*$/, "$2"));
});

describe("at a glance", () => {
  const [line, ...more] = headlines(measured);

  it("the best of each family stand side by side, without what failed and what bounds everyone", () => {
    expect(more).toEqual([]);
    expect(line.ours).toMatchObject({ contestant: "megaflow veth", value: 6, min: 4, max: 8, rounds: 3 });
    expect(line.ovs).toMatchObject({ contestant: "ovs veth", value: 2 });
    expect(line.kernel).toMatchObject({ contestant: "linux bridge", value: 12 });
    expect(line.ratios).toEqual({ ovs: 3, kernel: 0.5 });
  });

  it("what the kernel forwards for us is no figure of the fast path: it has a column of its own", () => {
    expect(line.offload).toMatchObject({ contestant: "megaflow veth, hw-offload", value: 24 });
    expect([verdict(line, "ovs", "offload"), verdict(line, "kernel", "offload")]).toEqual([
      "12.0 × better",
      "2.00 × better",
    ]);
  });

  it("better and worse are words, whichever way the row counts", () => {
    expect([verdict(line, "ovs"), verdict(line, "kernel")]).toEqual(["3.00 × better", "2.00 × worse"]);
    const less = { ...line, better: "lower" } as const;
    expect([verdict(less, "ovs"), verdict(less, "kernel")]).toEqual(["3.00 × worse", "2.00 × better"]);
  });

  it("stands in the report", () => {
    const html = reportHtml(measured);
    expect(html).toContain("At a glance");
    expect(html).toContain("3.00 × better");
  });

  it("is left out when nothing of it was measured", () => {
    expect(reportHtml(results([row()]))).not.toContain("At a glance");
  });
});
