/** Runs in the browser: draws each figure.lines of the report with uPlot from the JSON beside it (plots.ts, LinePlot). */
(() => {
  const LOGARITHMIC = 3;

  /** 1k, 100k, 1M: axis labels; 0.05 stays as it is. */
  function short(value) {
    if (value === null || value === undefined) return "";
    const size = Math.abs(value);
    if (size >= 1e9) return `${value / 1e9}G`;
    if (size >= 1e6) return `${value / 1e6}M`;
    if (size >= 1e3) return `${value / 1e3}k`;
    return String(Number(value.toPrecision(6)));
  }

  function precise(value) {
    return value === null || value === undefined ? "–" : short(Number(value.toPrecision(3)));
  }

  /** On a logarithmic axis only powers of ten are labelled; all of them, and the axis keeps its ticks. */
  function labels(scale) {
    return (_plot, splits) =>
      splits.map((value) => (scale === "log" && Math.abs(Math.log10(value) % 1) > 1e-9 ? "" : short(value)));
  }

  function draw(figure) {
    const plot = JSON.parse(figure.querySelector("script").textContent);
    const y = plot.lines.flatMap(({ values }) => values.filter((value) => value !== null));
    const options = {
      width: figure.clientWidth,
      height: 320,
      scales: {
        x: { time: false, distr: plot.axisScale === "log" ? LOGARITHMIC : 1 },
        y:
          plot.valueScale === "log"
            ? { distr: LOGARITHMIC }
            : { range: (_plot, min, max) => [Math.min(0, min), max > 0 ? max * 1.08 : 1] },
      },
      axes: [
        { label: plot.axis, values: labels(plot.axisScale), size: 40, labelSize: 24 },
        { label: plot.unit, values: labels(plot.valueScale), size: 70, labelSize: 24 },
      ],
      series: [
        { label: plot.axis, value: (_plot, value) => precise(value) },
        ...plot.lines.map(({ contestant, color }) => ({
          label: contestant,
          stroke: color,
          width: 2,
          points: { show: true, size: 7, fill: color },
          spanGaps: true,
          value: (_plot, value) => precise(value),
        })),
      ],
    };
    if (y.length > 0)
      new uPlot(options, [plot.positions, ...plot.lines.map(({ values }) => values)], figure.querySelector(".canvas"));
  }

  for (const figure of document.querySelectorAll("figure.lines")) draw(figure);
})();
