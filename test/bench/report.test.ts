import { describe, expect, it } from "vitest";
import { contestantColors } from "../../bench/report/colors.ts";
import { type Plot, plotsOf } from "../../bench/report/plots.ts";
import { reportHtml } from "../../bench/report/report.ts";
import type { Row } from "../../bench/schema.ts";
import { results, row } from "./results.ts";

const at = (value: number) => ({ axis: "backends", value, scale: "log" }) as const;
const FAILED: Row = row({
  metric: "failed",
  series: [{ contestant: "ours", samples: [], failure: "3 <frames> lost" }],
});

function points(plot: Plot): number[] {
  return plot.kind === "bars"
    ? plot.groups.map(({ bars }) => bars.length)
    : plot.lines.map(({ values }) => values.filter((value) => value !== null).length);
}

describe("the report's plots", () => {
  const rows = [
    row(),
    row({ case: "512-byte frames" }),
    row({ metric: "share", case: "", at: at(2) }),
    row({ metric: "share", case: "", at: at(16), series: [{ contestant: "ours", samples: [5] }] }),
    row({ metric: "share", case: "", at: at(300) }),
    row({ metric: "p", case: "", at: at(2) }),
    FAILED,
  ];

  it("are one for each metric: lines along an axis, bars otherwise, none for what failed", () => {
    expect(plotsOf({ rows }).map(({ kind, title }) => `${kind} ${title}`)).toEqual([
      "bars rate",
      "lines share",
      "bars p",
    ]);
  });

  it("are never empty: every bar group and every line has points", () => {
    for (const plot of plotsOf({ rows })) for (const count of points(plot)) expect(count).toBeGreaterThan(0);
  });

  it("have a title, a unit where there is one, names for every bar and line, and an axis under lines", () => {
    for (const plot of plotsOf({ rows })) {
      expect(plot.title).not.toBe("");
      expect(plot.unit).toBe("kpps");
      const drawn = plot.kind === "bars" ? plot.groups.flatMap(({ bars }) => bars) : plot.lines;
      for (const { contestant, color } of drawn) expect([contestant, color]).not.toContain("");
      if (plot.kind === "lines") expect(plot).toMatchObject({ axis: "backends", axisScale: "log" });
    }
  });

  it("leave out what is for the tables only, and draw the level that splits better from worse", () => {
    const series = [{ contestant: "ours", samples: [2] }];
    const made = plotsOf({ rows: [row({ detail: true }), ...[1, 2].map((n) => row({ at: at(n), level: 1, series }))] });
    expect(made).toMatchObject([{ kind: "lines", level: 1, valueScale: "log" }]);
  });

  it("have Megaflow in blue, OVS in orange, the kernel in green, each its own", () => {
    const names = ["ovs veth", "megaflow veth", "megaflow tap", "linux bridge", "ours", "theirs"];
    const colors = contestantColors([row({ series: names.map((contestant) => ({ contestant, samples: [1] })) })]);
    expect(names.slice(0, 4).map((name) => colors.get(name))).toEqual(["#d55e00", "#0072b2", "#56b4e9", "#009e73"]);
    expect(new Set(names.slice(0, 4).map((name) => colors.get(name))).size).toBe(4);
    expect(colors.get("ours")).not.toBe(colors.get("theirs"));
  });

  it("leave a gap where a contestant has no figure", () => {
    const plot = plotsOf({ rows }).find(({ kind }) => kind === "lines");
    expect(plot).toMatchObject({
      positions: [2, 16, 300],
      lines: [
        { contestant: "ours", values: [22, 5, 22] },
        { contestant: "theirs", values: [11, null, 11] },
      ],
    });
  });

  it("are logarithmic where values are far apart, but not without end", () => {
    const scaleOf = (low: number, high: number) => {
      const series = (value: number) => [{ contestant: "ours", samples: [value] }];
      const [plot] = plotsOf({
        rows: [row({ at: at(1), series: series(low) }), row({ at: at(2), series: series(high) })],
      });
      return plot.kind === "lines" && plot.valueScale;
    };
    expect(scaleOf(1, 2)).toBe("linear");
    expect(scaleOf(1, 1000)).toBe("log");
    expect(scaleOf(1e-300, 1)).toBe("linear");
    expect(scaleOf(0, 1000)).toBe("linear");
  });
});

describe("the report", () => {
  const html = reportHtml(results([row(), row({ at: at(2) }), row({ at: at(4) }), FAILED], { name: "wire/<frames>" }));

  it("needs nothing but itself", () => {
    expect(html).not.toMatch(/(src|href)="(?!#)/);
    expect(html).toContain("uPlot");
  });

  it("has a row for each contestant, and says why there is no figure", () => {
    expect(html).toContain("no figure: 3 &lt;frames&gt; lost");
    expect(html).toContain("2.00 × theirs");
  });

  it("says how to repeat it, with which settings, and what was noted", () => {
    expect(html).toContain("npm run bench -- wire");
    expect(html).toContain("<dt>seconds</dt><dd>4</dd>");
    expect(html).toContain("a note");
  });

  it("keeps text out of the markup", () => {
    expect(html).not.toContain("wire/<frames>");
  });

  it("warns of a busy machine, loudly, and only then", () => {
    const quiet = results([row()]);
    expect(reportHtml(quiet)).not.toContain("THE MACHINE IS BUSY");
    expect(reportHtml({ ...quiet, machine: { ...quiet.machine, busy: 0.5 } })).toContain("THE MACHINE IS BUSY");
  });
});
