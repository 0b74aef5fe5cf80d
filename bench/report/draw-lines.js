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

  /** On a logarithmic axis only powers of ten are labelled; all of them keep their ticks. */
  function valueLabels(scale) {
    return (_plot, splits) =>
      splits.map((value) => (scale === "log" && Math.abs(Math.log10(value) % 1) > 1e-9 ? "" : short(value)));
  }

  /** Ticks where there are points, but for those too near to the one before. */
  function ticks(positions, scale) {
    const place = scale === "log" ? Math.log : (value) => value;
    const gap = (place(positions.at(-1)) - place(positions[0])) / 25;
    const kept = [];
    for (const value of positions) if (kept.length === 0 || place(value) - place(kept.at(-1)) >= gap) kept.push(value);
    return kept;
  }

  function positionRange(scale) {
    return (_plot, min, max) =>
      scale === "log" ? [min / 1.15, max * 1.15] : [min - (max - min) * 0.03, max + (max - min) * 0.03];
  }

  function draw(figure) {
    const plot = JSON.parse(figure.querySelector("script").textContent);
    const options = {
      width: figure.clientWidth,
      height: 320,
      legend: { live: false },
      scales: {
        x: {
          time: false,
          distr: plot.axisScale === "log" ? LOGARITHMIC : 1,
          range: positionRange(plot.axisScale),
        },
        y:
          plot.valueScale === "log"
            ? { distr: LOGARITHMIC }
            : { range: (_plot, min, max) => [Math.min(0, min), max > 0 ? max * 1.08 : 1] },
      },
      axes: [
        {
          label: plot.axis,
          splits: () => ticks(plot.positions, plot.axisScale),
          filter: (_plot, splits) => splits,
          values: (_plot, splits) => splits.map(short),
          size: 40,
          labelSize: 24,
        },
        { label: plot.unit || null, values: valueLabels(plot.valueScale), size: 70, labelSize: 24 },
      ],
      series: [
        {},
        // Lines that lie on each other show both: the earlier ones are wider.
        ...plot.lines.map(({ contestant, color }, i) => ({
          label: contestant,
          stroke: color,
          width: 2 + (plot.lines.length - 1 - i),
          points: { show: true, size: 7 + (plot.lines.length - 1 - i), fill: color },
          spanGaps: true,
        })),
      ],
    };
    new uPlot(options, [plot.positions, ...plot.lines.map(({ values }) => values)], figure.querySelector(".canvas"));
  }

  for (const figure of document.querySelectorAll("figure.lines")) draw(figure);
})();
