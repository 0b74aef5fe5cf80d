/** Runs in the browser: draws each figure.lines of the report with uPlot from the JSON beside it (plots.ts, LinePlot). */
(() => {
  const LOGARITHMIC = 3;
  const HEIGHT = 300;

  /** 1k, 100k, 1M: axis labels; 0.05 stays as it is. */
  function short(value) {
    if (value === null || value === undefined) return "";
    const size = Math.abs(value);
    if (size >= 1e9) return `${value / 1e9}G`;
    if (size >= 1e6) return `${value / 1e6}M`;
    if (size >= 1e3 && (size >= 1e4 || value % 500 === 0)) return `${value / 1e3}k`;
    return String(Number(value.toPrecision(6)));
  }

  /** Logarithmic: 1 … 9 times the powers of ten that are in sight. */
  function valueTicks(_plot, _axis, min, max) {
    const splits = [];
    for (let power = Math.floor(Math.log10(min)); power <= Math.log10(max); power++) {
      for (let digit = 1; digit <= 9; digit++) {
        const value = Number(`${digit}e${power}`);
        if (value >= min && value <= max) splits.push(value);
      }
    }
    return splits;
  }

  /** On a logarithmic axis over some powers of ten only these are labelled, else 1, 2 and 5 of each. */
  function valueLabels(scale) {
    if (scale !== "log") return (_plot, splits) => splits.map(short);
    return (_plot, splits) => {
      const labelled = splits.at(-1) / splits[0] > 100 ? ["1"] : ["1", "2", "5"];
      return splits.map((value) => (labelled.includes(value.toExponential()[0]) ? short(value) : ""));
    };
  }

  /** Ticks where there are points, but for those too near to the one before. */
  function ticks(positions, scale) {
    const place = scale === "log" ? Math.log : (value) => value;
    const gap = (place(positions.at(-1)) - place(positions[0])) / 16;
    const kept = [];
    for (const value of positions) if (kept.length === 0 || place(value) - place(kept.at(-1)) >= gap) kept.push(value);
    return kept;
  }

  function positionRange(scale) {
    return (_plot, min, max) =>
      scale === "log" ? [min / 1.15, max * 1.15] : [min - (max - min) * 0.03, max + (max - min) * 0.03];
  }

  /** A logarithmic scale ends a little above and below the values, not at the next power of ten. */
  function valueRange({ valueScale, level }) {
    if (valueScale !== "log") return (_plot, min, max) => [Math.min(0, min), max > 0 ? max * 1.08 : 1];
    return (_plot, min, max) => [Math.min(min, level ?? min) / 1.25, Math.max(max, level ?? max) * 1.25];
  }

  /** The dashed line at plot.level, in device pixels. */
  function drawLevel(level, color) {
    return (plot) => {
      const { ctx, bbox } = plot;
      const y = Math.round(plot.valToPos(level, "y", true));
      ctx.save();
      ctx.strokeStyle = color;
      ctx.lineWidth = devicePixelRatio * 1.5;
      ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      ctx.restore();
    };
  }

  function draw(figure) {
    const plot = JSON.parse(figure.querySelector("script").textContent);
    const canvas = figure.querySelector(".canvas");
    canvas.replaceChildren();
    const style = getComputedStyle(document.documentElement);
    const [ink, grid] = [style.getPropertyValue("--ink"), style.getPropertyValue("--line")];
    const axis = {
      stroke: ink,
      grid: { stroke: grid, width: 1 },
      ticks: { stroke: grid, width: 1 },
      font: "12px system-ui, sans-serif",
      labelFont: "12px system-ui, sans-serif",
    };
    const options = {
      width: canvas.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, distr: plot.axisScale === "log" ? LOGARITHMIC : 1, range: positionRange(plot.axisScale) },
        y: { distr: plot.valueScale === "log" ? LOGARITHMIC : 1, range: valueRange(plot) },
      },
      axes: [
        {
          ...axis,
          label: plot.axis,
          splits: () => ticks(plot.positions, plot.axisScale),
          filter: (_plot, splits) => splits,
          values: (_plot, splits) => splits.map(short),
          size: 34,
          labelSize: 22,
        },
        {
          ...axis,
          ...(plot.valueScale === "log" ? { splits: valueTicks } : {}),
          values: valueLabels(plot.valueScale),
          filter: (_plot, splits) => splits,
          size: 52,
        },
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
      hooks: plot.level === undefined ? {} : { draw: [drawLevel(plot.level, ink)] },
    };
    new uPlot(options, [plot.positions, ...plot.lines.map(({ values }) => values)], canvas);
  }

  function drawAll() {
    for (const figure of document.querySelectorAll("figure.lines")) draw(figure);
  }

  drawAll();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) drawAll();
    width = innerWidth;
  });
})();
