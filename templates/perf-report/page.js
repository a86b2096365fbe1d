/* global uPlot */
// Draws the charts from the report in the page, with uPlot, in the colours of the style in force.
(() => {
  const report = JSON.parse(document.getElementById("report").textContent);
  const CLASSES = ["computed", "memory", "redis"];
  const PER_DECADE = 12;
  /** A phone: less is written, so that it can be read. */
  const isNarrow = () => document.body.clientWidth < 600;
  let plots = [];

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const axis = (more) => ({
    stroke: colour("faint"),
    grid: { stroke: colour("line"), width: 1 },
    ticks: { stroke: colour("line"), width: 1 },
    font: "12px system-ui, sans-serif",
    ...more,
  });
  const line = (label, name, value, more) => ({
    label,
    stroke: colour(name),
    width: 1.5,
    value,
    points: { show: false },
    ...more,
  });
  const seconds = (u, value) => (value === null ? "" : `${value} s`);
  const ms = (value) => (value === null ? "–" : `${Number(value.toPrecision(3))} ms`);
  const share = (value) => (value === null ? "–" : `${Math.round(value * 100)}%`);
  const mib = (value) => (value === null ? "–" : `${Math.round(value)} MiB`);
  const told = (format) => (u, value) => format(value ?? null);

  /** Lines at what the daemon did, and at what it was told to do. */
  function marks() {
    const steps = (report.lifecycle ?? []).map(({ atSeconds, step }) => [atSeconds, step, "four"]);
    const done = report.happenings.map(({ atSeconds, action, reason }) => [
      atSeconds,
      action === "level" ? reason : action,
      "careful",
    ]);
    const draw = (u) => {
      const { ctx, bbox } = u;
      const ratio = devicePixelRatio;
      ctx.save();
      ctx.font = `${11 * ratio}px system-ui, sans-serif`;
      for (const [index, [at, name, tone]] of [...steps, ...done].entries()) {
        const x = u.valToPos(at, "x", true);
        if (!(x >= bbox.left && x <= bbox.left + bbox.width)) continue;
        ctx.strokeStyle = ctx.fillStyle = colour(tone);
        ctx.lineWidth = ratio;
        ctx.setLineDash([4 * ratio, 3 * ratio]);
        ctx.beginPath();
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bbox.top + bbox.height);
        ctx.stroke();
        if (isNarrow()) continue;
        const isLate = x > bbox.left + bbox.width * 0.8;
        ctx.textAlign = isLate ? "right" : "left";
        ctx.fillText(name, x + (isLate ? -3 : 3) * ratio, bbox.top + (11 + 12 * (index % 4)) * ratio);
      }
      ctx.restore();
    };
    return { hooks: { draw: [draw] } };
  }

  /** A line across, with its name. */
  function level(value, name) {
    const draw = (u) => {
      const y = u.valToPos(value, "y", true);
      if (!(y >= u.bbox.top)) return;
      const { ctx, bbox } = u;
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = colour("bad");
      ctx.lineWidth = devicePixelRatio;
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
      ctx.fillText(name, bbox.left + 4 * devicePixelRatio, y - 4 * devicePixelRatio);
      ctx.restore();
    };
    return { hooks: { draw: [draw] } };
  }

  const overTime = (series, format, data, plugins, size) => ({
    options: {
      scales: { x: { time: false }, y: { range: (u, low, high) => [0, (high || 1) * 1.08] } },
      axes: [
        axis({ values: (u, ticks) => ticks.map((tick) => `${tick} s`) }),
        axis({ size, values: (u, ticks) => ticks.map(format) }),
      ],
      series: [{ label: "at", value: seconds }, ...series],
      plugins,
    },
    data,
  });

  const PLOTS = {
    distribution: ({ dataset }) => {
      const step = (from) => Math.round(Math.log10(from * 1000) * PER_DECADE);
      const counts = new Map(report.distribution[dataset.class].map(([from, , count]) => [step(from), count]));
      const all = CLASSES.flatMap((name) => report.distribution[name].map(([from]) => step(from)));
      const first = Math.min(...all);
      const steps = Array.from({ length: Math.max(...all) - first + 1 }, (_, index) => first + index);
      const from = (at) => 10 ** (at / PER_DECADE) / 1000;
      return {
        options: {
          scales: {
            x: { time: false, range: [first - 0.6, steps.at(-1) + 0.6] },
            y: { range: (u, low, high) => [0, (high || 1) * 1.05] },
          },
          axes: [
            axis({
              splits: () =>
                steps.filter(
                  (at) =>
                    at % PER_DECADE === 0 ||
                    (steps.length < 3 * PER_DECADE && !isNarrow() && at % (PER_DECADE / 4) === 0),
                ),
              values: (u, ticks) => ticks.map((at) => ms(from(at))),
            }),
            axis({ size: 60 }),
          ],
          series: [
            { label: "latency", value: (u, at) => (at === null ? "" : `${ms(from(at))} to ${ms(from(at + 1))}`) },
            line(
              "answers",
              { computed: "one", memory: "three", redis: "two" }[dataset.class],
              told((count) => count ?? "–"),
              {
                width: 0,
                fill: colour({ computed: "one", memory: "three", redis: "two" }[dataset.class]),
                paths: uPlot.paths.bars({ size: [0.9, 40] }),
              },
            ),
          ],
        },
        data: [steps, steps.map((at) => counts.get(at) ?? 0)],
        height: 150,
      };
    },
    percentiles: () => {
      const shown = report.percentiles.filter(([at]) => at < 1);
      // As HdrHistogram's own plots: each nine is as wide as the one before it.
      const x = shown.map(([at]) => -Math.log10(1 - at));
      const name = (at) => `${Number((100 * (1 - 10 ** -at)).toPrecision(7))}%`;
      return {
        options: {
          scales: { x: { time: false }, y: { distr: 3 } },
          axes: [
            axis({
              splits: (u, i, low, high) =>
                (isNarrow() ? [0, 1, 2, 3, 4, 5] : [0, 0.30103, 1, 2, 3, 4, 5]).filter((at) => at <= high),
              values: (u, ticks) => ticks.map(name),
            }),
            axis({ size: 76, values: (u, ticks) => ticks.map((tick) => (tick === null ? "" : ms(tick))) }),
          ],
          series: [
            { label: "share", value: (u, at) => (at === null ? "" : name(at)) },
            line("latency", "one", told(ms), { points: { show: true, size: 5 } }),
          ],
        },
        data: [x, shown.map(([, latency]) => latency)],
      };
    },
    throughput: () => {
      const { list, seconds: length } = report.windows;
      const of = (name) => list.map(({ answered }) => answered[name] / length);
      const used = CLASSES.filter((name) => report.latencyMs[name].count > 0);
      const each = (value) => (value === null ? "–" : `${Number(value.toFixed(1))}/s`);
      const series = used.map((name) =>
        line(name, { computed: "one", memory: "three", redis: "two" }[name], told(each)),
      );
      const failed = line("failed", "bad", told(each));
      const data = [
        list.map(({ atSeconds }) => atSeconds),
        ...used.map(of),
        list.map((window) => window.failed / length),
      ];
      return overTime([...series, failed], each, data, [marks()], 70);
    },
    latency: () => {
      const { list } = report.windows;
      const data = [list.map(({ atSeconds }) => atSeconds), list.map(({ p50 }) => p50), list.map(({ p99 }) => p99)];
      return overTime([line("p50", "one", told(ms)), line("p99", "two", told(ms))], ms, data, [marks()], 70);
    },
    memory: () => {
      const { samples, limitBytes } = report.resources;
      const MIB = 1024 * 1024;
      const data = [
        samples.map(({ atSeconds }) => atSeconds),
        samples.map(({ usedBytes }) => usedBytes / MIB),
        samples.map(({ treePssBytes }) => treePssBytes / MIB),
      ];
      const series = [line("used in all", "one", told(mib)), line("daemon and workers (PSS)", "two", told(mib))];
      return overTime(series, mib, data, [marks(), level(limitBytes / MIB, "limit")], 80);
    },
    cpu: () => {
      const { samples } = report.resources;
      const of = (value) => samples.map(value);
      const data = [
        of(({ atSeconds }) => atSeconds),
        of(({ machineCpu }) => machineCpu),
        of(({ treeCpu }) => treeCpu),
        of(({ steal }) => steal),
        of(({ pressure }) => pressure.cpu),
        of(({ pressure }) => pressure.memory),
      ];
      const series = [
        line("machine", "one", told(share)),
        line("daemon and workers", "two", told(share)),
        line("taken by the host", "bad", told(share)),
        line("waiting for CPU", "three", told(share), { dash: [4, 4] }),
        line("waiting for memory", "four", told(share), { dash: [4, 4] }),
      ];
      return overTime(series, share, data, [marks()], 60);
    },
  };

  function draw() {
    for (const plot of plots) plot.destroy();
    plots = [...document.querySelectorAll(".plot")].map((place) => {
      const { options, data, height = 220 } = PLOTS[place.dataset.plot](place);
      return new uPlot(
        { width: place.clientWidth, height, cursor: { drag: { x: false, y: false } }, ...options },
        data,
        place,
      );
    });
  }

  draw();
  let width = document.body.clientWidth;
  addEventListener("resize", () => {
    if (document.body.clientWidth !== width) draw();
    width = document.body.clientWidth;
  });
  for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", draw);
})();
