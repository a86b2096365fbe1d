/* global uPlot, combotCharts */
// Draws the charts from the report in the page, with uPlot, in the colours of the style in force.
(() => {
  const { LEFT, RIGHT, read, isNarrow, colour, axis, ms, share, bytes, each, seconds, highest, line, draw } =
    combotCharts;
  const report = read("report");
  const baseline = read("baseline");
  const marks = read("marks");
  const CLASSES = ["computed", "memory", "redis"];
  const TONES = { computed: "one", memory: "three", redis: "two" };
  const PER_DECADE = 12;
  /** Every chart over time begins and ends here, so that what stands above each other happened together. */
  const END = Math.max(
    1,
    report.seconds,
    ...[report, baseline]
      .filter((run) => run !== null)
      .map(({ windows: { list, seconds: length } }) => (list.at(-1)?.atSeconds ?? 0) + length),
  );
  /** What ticks of bytes may be apart. */
  const BYTES = Array.from({ length: 30 }, (_, power) => 1024 ** 2 * 2 ** power);
  let plots = [];

  const overTime = (series, format, data, more) => ({
    series,
    data,
    marks,
    nameOfX: (at) => `at ${seconds(at)}`,
    options: {
      padding: [8, RIGHT, 0, 0],
      scales: {
        x: { time: false, range: [0, END] },
        y: { range: (u, low, high) => [0, (high || 1) * 1.08] },
      },
      axes: [
        axis({ space: 64, values: (u, ticks) => ticks.map((tick) => `${tick} s`) }),
        axis({ size: LEFT, values: (u, ticks) => ticks.map(format), ...(format === bytes && { incrs: BYTES }) }),
      ],
      cursor: { sync: { key: "time" } },
    },
    ...more,
  });

  /** A window's figure holds from its beginning to its end. */
  const stepped = uPlot.paths.stepped({ align: 1 });
  const ofWindows = ({ windows: { list, seconds: length } }, value) => {
    const values = list.map(value);
    return {
      at: [...list.map(({ atSeconds }) => atSeconds), list.length * length],
      values: [...values, values.at(-1)],
    };
  };

  /** Lines of two runs on one axis: uPlot wants one column of it, and draws through what is undefined. */
  function joined(lines) {
    const at = [...new Set(lines.flatMap((one) => one.at))].toSorted((a, b) => a - b);
    const columns = lines.map(({ at: own, values }) => {
      const byTime = new Map(own.map((time, index) => [time, values[index]]));
      return at.map((time) => byTime.get(time));
    });
    return [at, ...columns];
  }

  /** The same line of the run before, dashed and faint. */
  const withBaseline = (label, tone, format, of, more = {}) => {
    const now = { series: line(label, tone, format, more), ...of(report) };
    if (baseline === null) return [now];
    return [now, { series: line(`${label} before`, tone, format, { ...more, dash: [5, 4] }), ...of(baseline) }];
  };

  const chartOf = (lines, format, more) =>
    overTime(
      lines.map(({ series }) => series),
      format,
      joined(lines),
      more,
    );

  function distribution({ dataset }) {
    const step = (from) => Math.round(Math.log10(from * 1000) * PER_DECADE);
    const counts = new Map(report.distribution[dataset.class].map(([from, , count]) => [step(from), count]));
    const all = CLASSES.flatMap((name) => report.distribution[name].map(([from]) => step(from)));
    const first = Math.min(...all);
    const steps = Array.from({ length: Math.max(...all) - first + 1 }, (_, index) => first + index);
    const from = (at) => 10 ** (at / PER_DECADE) / 1000;
    const tone = TONES[dataset.class];
    const isFew = steps.length < 3 * PER_DECADE && !isNarrow();
    const count = (value) => (value ?? 0).toLocaleString("en-US");
    return {
      series: [
        line("answers", tone, count, {
          width: 0,
          fill: colour(tone),
          paths: uPlot.paths.bars({ size: [0.9, 40] }),
          note: `most often ${mode(dataset.class)}`,
        }),
      ],
      data: [steps, steps.map((at) => counts.get(at) ?? 0)],
      nameOfX: (at) => `from ${ms(from(at))} to ${ms(from(at + 1))}`,
      height: 150,
      options: {
        scales: {
          x: { time: false, range: [first - 0.6, steps.at(-1) + 0.6] },
          y: { range: (u, low, high) => [0, (high || 1) * 1.05] },
        },
        axes: [
          axis({
            splits: () => steps.filter((at) => at % PER_DECADE === 0 || (isFew && at % (PER_DECADE / 2) === 0)),
            values: (u, ticks) => ticks.map((at) => ms(from(at))),
          }),
          axis({ size: LEFT, values: (u, ticks) => ticks.map((tick) => (tick % 1 === 0 ? count(tick) : "")) }),
        ],
      },
    };
  }

  function mode(name) {
    const buckets = report.distribution[name];
    const most = highest(buckets.map(([, , count]) => count));
    const [from, to] = buckets.find(([, , count]) => count === most) ?? [null, null];
    return `${ms(from)} to ${ms(to)}`;
  }

  function percentiles() {
    // As HdrHistogram's own plots: each nine is as wide as the one before it.
    const of = (run) => {
      const shown = run.percentiles.filter(([at]) => at < 1);
      return { at: shown.map(([at]) => -Math.log10(1 - at)), values: shown.map(([, latency]) => latency) };
    };
    const name = (at) => `${Number((100 * (1 - 10 ** -at)).toPrecision(7))}%`;
    const lines = withBaseline("latency", "one", ms, of, { points: { show: true, size: 5 } });
    return {
      series: lines.map(({ series }) => series),
      data: joined(lines),
      nameOfX: (at) => `${name(at)} of the answers`,
      options: {
        padding: [8, 30, 0, 0],
        scales: { x: { time: false }, y: { distr: 3 } },
        axes: [
          axis({
            splits: (u, i, low, high) =>
              (isNarrow() ? [0, 1, 2, 3, 4, 5] : [0, 0.30103, 1, 2, 3, 4, 5]).filter((at) => at <= high),
            values: (u, ticks) => ticks.map(name),
          }),
          axis({ size: LEFT, values: (u, ticks) => ticks.map((tick) => (tick === null ? "" : ms(tick))) }),
        ],
      },
    };
  }

  function throughput() {
    const length = report.windows.seconds;
    const used = CLASSES.filter((name) => report.latencyMs[name].count > 0);
    const names = { computed: "computed", memory: "in-memory cache", redis: "Redis" };
    const lines = used.map((name) => ({
      series: line(names[name], TONES[name], each, { paths: stepped }),
      ...ofWindows(report, ({ answered }) => answered[name] / length),
    }));
    const failed = {
      series: line("failed", "bad", each, { paths: stepped }),
      ...ofWindows(report, (one) => one.failed / length),
    };
    return chartOf([...lines, failed], each);
  }

  function latency() {
    const of = (key) => (run) => ofWindows(run, (one) => one[key]);
    return chartOf(
      [
        ...withBaseline("p50", "one", ms, of("p50"), { paths: stepped }),
        ...withBaseline("p99", "two", ms, of("p99"), { paths: stepped }),
      ],
      ms,
    );
  }

  const ofSamples = (key) => (run) => {
    const samples = run.resources?.samples ?? [];
    return { at: samples.map(({ atSeconds }) => atSeconds), values: samples.map((one) => one[key]) };
  };

  /** By itself: beside the machine's it would be a line along the floor. */
  const memory = () => chartOf(withBaseline("PSS", "two", bytes, ofSamples("treePssBytes")), bytes);

  function machineMemory() {
    const { limitBytes, samples } = report.resources;
    const limit = line("limit", "bad", () => bytes(limitBytes), { dash: [2, 3], note: bytes(limitBytes) });
    const most = highest(samples.map(({ usedBytes }) => usedBytes));
    // A limit far above would press all else to the floor: the legend tells it then.
    const isNear = most !== null && limitBytes < most * 1.5;
    const drawn = isNear ? [limitBytes, limitBytes] : [null, null];
    return chartOf(
      [...withBaseline("used", "one", bytes, ofSamples("usedBytes")), { series: limit, at: [0, END], values: drawn }],
      bytes,
    );
  }

  function cpu() {
    const { samples } = report.resources;
    const of = (value) => ({ at: samples.map(({ atSeconds }) => atSeconds), values: samples.map(value) });
    const waits = { dash: [4, 4] };
    return chartOf(
      [
        { series: line("machine", "one", share), ...of(({ machineCpu }) => machineCpu) },
        { series: line("daemon and workers", "two", share), ...of(({ treeCpu }) => treeCpu) },
        { series: line("taken by the host", "bad", share), ...of(({ steal }) => steal) },
        { series: line("waiting for CPU", "three", share, waits), ...of(({ pressure }) => pressure.cpu) },
        { series: line("waiting for memory", "four", share, waits), ...of(({ pressure }) => pressure.memory) },
      ],
      share,
    );
  }

  /** A point for each rate that was tried; where one was tried twice they stand above each other. */
  function search() {
    const steps = report.search.steps.toSorted((a, b) => a.ratePerSecond - b.ratePerSecond);
    const points = { show: true, size: 7 };
    const of = (label, tone, value, more) => ({
      series: line(label, tone, ms, { width: 0, paths: () => null, points, note: "", ...more }),
      values: steps.map((step) => value(step) ?? null),
    });
    const lines = [
      of("p99, held", "two", ({ held, p99 }) => (held ? p99 : null)),
      of("p99, missed", "bad", ({ held, p99 }) => (held ? null : p99)),
      of("p50", "one", ({ p50 }) => p50),
    ];
    return {
      series: lines.map(({ series }) => series),
      data: [steps.map(({ ratePerSecond }) => ratePerSecond), ...lines.map(({ values }) => values)],
      nameOfX: (at) => `at ${each(at)}`,
      options: {
        padding: [8, 30, 0, 0],
        scales: { x: { time: false }, y: { distr: 3 } },
        axes: [
          axis({ space: 64, values: (u, ticks) => ticks.map(each) }),
          axis({ size: LEFT, values: (u, ticks) => ticks.map((tick) => (tick === null ? "" : ms(tick))) }),
        ],
      },
    };
  }

  const PLOTS = { distribution, percentiles, throughput, latency, memory, machineMemory, cpu, search };

  function lanes() {
    for (const bar of document.querySelectorAll(".lane i")) {
      const [from, to] = [bar.dataset.from, bar.dataset.to].map(Number);
      bar.style.left = `${(100 * from) / END}%`;
      bar.style.width = `max(4px, ${(100 * (to - from)) / END}%)`;
    }
    document.documentElement.style.setProperty("--left", `${LEFT}px`);
    document.documentElement.style.setProperty("--right", `${RIGHT}px`);
  }

  function drawAll() {
    for (const plot of plots) plot.destroy();
    lanes();
    plots = [...document.querySelectorAll(".plot")].map((place) => draw(place, PLOTS[place.dataset.plot](place)));
  }

  drawAll();
  let width = document.body.clientWidth;
  addEventListener("resize", () => {
    if (document.body.clientWidth !== width) drawAll();
    width = document.body.clientWidth;
  });
  for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", drawAll);
})();
