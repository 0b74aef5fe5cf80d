/** The report: one HTML file that needs nothing else, neither network nor other files. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { busyWarning, machineText } from "../machine.ts";
import type { BenchResult, Results, Row } from "../schema.ts";
import { spread } from "../statistics.ts";
import { betterText, caseName, figure, ratiosOf } from "../table.ts";
import { type Best, type Headline, headlines, verdict } from "./headlines.ts";
import { type BarPlot, type LinePlot, type Plot, plotsOf } from "./plots.ts";

const UPLOT = dirname(createRequire(import.meta.url).resolve("uplot"));
const read = (file: string): string => readFileSync(file, "utf8");

export function reportHtml(results: Results): string {
  const { benches, machine, started, command, seconds, quick } = results;
  const warning = busyWarning(machine);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Megaflow: benchmarks of ${started.slice(0, 10)}</title>
<style>${read(join(UPLOT, "uPlot.min.css"))}</style>
<style>${read(join(import.meta.dirname, "report.css"))}</style>
</head>
<body>
<h1>Megaflow benchmarks</h1>
<p class="when">${text(started.replace("T", " ").slice(0, 16))} UTC, ${Math.max(1, Math.round(seconds / 60))} min${quick ? "; quick run: a first look, not a claim" : ""}</p>
${warning ? `<p class="warning">${text(warning)}</p>` : ""}
<ul class="machine">${machineText(machine)
    .map((line) => `<li>${text(line)}</li>`)
    .join("")}</ul>
<p>Contestants took turns in one run, A B A B …, so that what the machine did meanwhile hit all of them. Bars and points are medians,
thin black lines reach from the least to the greatest round, ratios are taken round by round. Where switches are compared, <b>blue is Megaflow</b>,
orange is Open vSwitch, green is the Linux kernel, grey is what bounds everyone. A figure whose check failed (a packet lost without account, a wrong byte,
the wrong backend) is not shown; the sentence is. Repeat it: <code>${text(command)}</code></p>
${glance(headlines(results))}
<nav>${benches.map(({ name, title }) => `<a href="#${text(name)}"><b>${text(name)}</b> ${text(title)}</a>`).join("")}</nav>
${benches.map(section).join("\n")}
<script>${scriptSafe(read(join(UPLOT, "uPlot.iife.min.js")))}</script>
<script>${scriptSafe(read(join(import.meta.dirname, "draw-lines.js")))}</script>
</body>
</html>
`;
}

/** The best of each family, side by side. */
function glance(lines: readonly Headline[]): string {
  if (lines.length === 0) return "";
  const cell = (best: Best | undefined, unit: string): string =>
    best === undefined
      ? "<td>–</td>"
      : `<td class="number">${figure(best.value)} ${text(unit)}<br><small>${text(best.contestant)}</small></td>`;
  const mark = (line: Headline, other: "ovs" | "kernel", whose: "ours" | "offload"): string => {
    const words = verdict(line, other, whose);
    return `<td class="${words.endsWith("worse") ? "worse" : "better"}">${words}</td>`;
  };
  const rows = lines.map((line) => {
    const { asks, bench, unit, better, ours, offload, ovs, kernel, limit } = line;
    return (
      `<tr><th><a href="#${text(bench)}">${text(asks)}</a><br><small>${better === "higher" ? "more" : "less"} is better</small></th>` +
      `${cell(ours, unit)}${cell(ovs, unit)}${cell(kernel, unit)}${mark(line, "ovs", "ours")}${mark(line, "kernel", "ours")}` +
      `${cell(offload, unit)}${mark(line, "ovs", "offload")}${mark(line, "kernel", "offload")}${cell(limit, unit)}</tr>`
    );
  });
  return `<h2>At a glance</h2><div class="scroll"><table class="glance">
<thead><tr><th>the best of each</th><th>Megaflow</th><th>Open vSwitch</th><th>Linux kernel</th><th>Megaflow against OVS</th><th>against the kernel</th><th>Megaflow, hw-offload</th><th>against OVS</th><th>against the kernel</th><th>no switch</th></tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div>`;
}

function section(bench: BenchResult): string {
  const { name, title, rows, notes, absent, settings, error } = bench;
  return `<section id="${text(name)}">
<h2>${text(title)} <small>${text(name)}</small></h2>
${error ? `<p class="warning">Ended early: ${text(error)}</p>` : ""}
${notes.map((note) => `<p class="note">${text(note)}</p>`).join("\n")}
<div class="plots">${plotsOf(bench).map(plotHtml).join("\n")}</div>
${rows.length > 0 ? table(rows) : ""}
${absent.map(({ contestant, reason }) => `<p class="absent">${text(contestant)} did not take part: ${text(reason)}</p>`).join("\n")}
<dl>${Object.entries(settings)
    .map(([key, value]) => `<dt>${text(key)}</dt><dd>${text(String(value))}</dd>`)
    .join("")}</dl>
<p>Repeat it: <code>npm run bench -- ${text(name)}</code></p>
</section>`;
}

function plotHtml(plot: Plot): string {
  const heading = `${plot.title}${plot.unit ? `, ${plot.unit}` : ""}`;
  const caption = `<figcaption>${text(heading)}<small>${text(betterText(plot))}</small></figcaption>`;
  return `<figure class="${plot.kind}">${caption}${plot.kind === "bars" ? bars(plot) : lines(plot)}</figure>`;
}

function bars({ groups, top }: BarPlot): string {
  const share = (value: number): string => `${((100 * Math.max(0, value)) / top).toFixed(2)}%`;
  return groups
    .map(
      (group) =>
        `<div class="group">${group.case ? `<h4>${text(group.case)}</h4>` : ""}${group.bars
          .map(
            ({ contestant, color, median, min, max, ratio }) =>
              `<div class="bar"><span class="name">${text(contestant)}</span><span class="track">` +
              `<span class="fill" style="width:${share(median)};background:${color}"></span>` +
              `<span class="range" style="left:${share(min)};width:${share(max - min)}"></span></span>` +
              `<span class="value">${figure(median)}<small>${text(ratio ?? "")}</small></span></div>`,
          )
          .join("")}</div>`,
    )
    .join("");
}

/** Drawn in the browser by draw-lines.js. */
function lines(plot: LinePlot): string {
  const data = JSON.stringify(plot).replaceAll("<", "\\u003c");
  const legend = plot.lines.map(
    ({ contestant, color }) => `<span><i style="background:${color}"></i>${text(contestant)}</span>`,
  );
  return `<div class="legend">${legend.join("")}</div><div class="canvas"></div><script type="application/json">${data}</script>`;
}

function table(rows: readonly Row[]): string {
  const body = rows.flatMap((row) =>
    row.series.map(({ contestant, samples, failure }, i) => {
      const what =
        i === 0
          ? `<th rowspan="${row.series.length}">${text(caseName(row))}</th><th rowspan="${row.series.length}">${text(row.metric)}${row.unit ? `, ${text(row.unit)}` : ""}</th>`
          : "";
      if (failure !== undefined)
        return `<tr>${what}<td>${text(contestant)}</td><td colspan="5" class="failure">no figure: ${text(failure)}</td></tr>`;
      const { median, min, max } = spread(samples);
      const ratios = ratiosOf(row, contestant);
      const cells = [median, min, max].map((value) => `<td class="number">${figure(value)}</td>`).join("");
      return `<tr>${what}<td>${text(contestant)}</td>${cells}<td class="number">${samples.length}</td><td>${ratios.map(text).join("<br>")}</td></tr>`;
    }),
  );
  return `<details><summary>All figures: ${rows.length} rows</summary><div class="scroll"><table>
<thead><tr><th>case</th><th>metric</th><th>contestant</th><th>median</th><th>least</th><th>greatest</th><th>rounds</th><th>ratio, round by round</th></tr></thead>
<tbody>${body.join("\n")}</tbody></table></div></details>`;
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function text(value: string): string {
  return value.replaceAll(/[&<>"]/g, (character) => ENTITIES[character]);
}

/** A script must not hold the text that ends it. */
function scriptSafe(script: string): string {
  return script.replaceAll("</script", "<\\/script");
}
