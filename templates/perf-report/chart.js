/* global uPlot */
// What the charts of the page have in common: colours of the style in force, axes, legends that tell figures, and marks.
globalThis.combotCharts = (() => {
  /** Of the axis on the left, and of the margin on the right: the same in every chart over time, and in the lanes. */
  const LEFT = 84;
  const RIGHT = 14;
  const FONT = "12px system-ui, sans-serif";
  const read = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
  /** A phone: less is written, so that it can be read. */
  const isNarrow = () => document.body.clientWidth < 600;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  const axis = (more) => ({
    stroke: colour("faint"),
    grid: { stroke: colour("line"), width: 1 },
    ticks: { stroke: colour("line"), width: 1, size: 6 },
    font: FONT,
    ...more,
  });

  const known = (value) => value !== null && value !== undefined;
  const ms = (value) => {
    if (!known(value)) return "–";
    return value >= 10_000 ? `${Number((value / 1000).toPrecision(3))} s` : `${Number(value.toPrecision(3))} ms`;
  };
  const share = (value) => (known(value) ? `${Math.round(value * 100)}%` : "–");
  const bytes = (value) => {
    if (!known(value)) return "–";
    const mib = value / 1024 ** 2;
    return mib >= 1024 ? `${Number((mib / 1024).toPrecision(3))} GiB` : `${Math.round(mib)} MiB`;
  };
  const each = (value) => (known(value) ? `${Number(value.toFixed(value < 100 ? 1 : 0))}/s` : "–");
  const seconds = (value) => `${Number(value.toFixed(1))} s`;

  const highest = (values) => {
    const told = values.filter(known);
    return told.length === 0 ? null : told.reduce((most, value) => Math.max(most, value), 0);
  };

  /** @param tone a colour of the style; @param more dash and whatever else uPlot has for a line. */
  const line = (label, tone, format, more) => ({ label, tone, format, ...more });

  /** What a line is, its highest value, and the one under the pointer. */
  function legend(place, series, data, nameOfX) {
    const list = document.createElement("ul");
    list.className = "legend";
    const items = series.map(({ label, tone, format, dash, note }, index) => {
      const item = document.createElement("li");
      const swatch = document.createElement("i");
      swatch.style.borderColor = colour(tone);
      if (dash) swatch.style.borderTopStyle = "dashed";
      const value = document.createElement("b");
      item.append(swatch, `${label} `, value);
      list.append(item);
      const most = highest(data[index + 1]);
      const atRest = note ?? (most === null ? "not measured" : `highest ${format(most)}`);
      return { value, atRest, format, values: data[index + 1] };
    });
    const where = document.createElement("li");
    where.className = "where";
    list.append(where);
    place.prepend(list);
    return (at, x) => {
      where.textContent = at === null ? "" : nameOfX(x);
      for (const { value, atRest, format, values } of items)
        value.textContent = at === null ? atRest : format(valueBefore(values, at));
    };
  }

  /** A line that has no point of its own here runs on from the one before. */
  function valueBefore(values, at) {
    const index = values.findLastIndex((value, index) => index <= at && value !== undefined);
    return index < 0 ? null : values[index];
  }

  function bands(marks) {
    return (u) => {
      const { ctx, bbox } = u;
      ctx.save();
      ctx.beginPath();
      ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
      ctx.clip();
      for (const { from, to, tone } of marks) {
        const [left, right] = [from, to].map((at) => u.valToPos(at, "x", true));
        ctx.fillStyle = colour(tone);
        ctx.globalAlpha = 0.22;
        ctx.fillRect(left, bbox.top, Math.max(right - left, 1.5 * devicePixelRatio), bbox.height);
      }
      ctx.restore();
    };
  }

  /**
   * A chart in its place, with its legend above it.
   *
   * @param options of uPlot; `series` are lines, `nameOfX` says a value of the axis, `marks` are drawn behind it all.
   */
  function draw(place, { options, series, data, nameOfX, height = 200, marks = [] }) {
    place.replaceChildren();
    const tell = legend(place, series, data, nameOfX);
    tell(null);
    const lines = series.map(({ label, tone, ...more }) => ({
      label,
      stroke: colour(tone),
      width: 1.5,
      points: { show: false },
      ...more,
    }));
    return new uPlot(
      {
        width: place.clientWidth,
        height,
        legend: { show: false },
        ...options,
        cursor: { drag: { x: false, y: false }, points: { size: 7 }, ...options.cursor },
        series: [{}, ...lines],
        hooks: {
          drawClear: [bands(marks)],
          setCursor: [(u) => tell(u.cursor.idx ?? null, known(u.cursor.idx) ? data[0][u.cursor.idx] : null)],
        },
      },
      data,
      place,
    );
  }

  return { LEFT, RIGHT, read, isNarrow, colour, axis, ms, share, bytes, each, seconds, highest, line, draw };
})();
