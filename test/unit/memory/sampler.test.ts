import { describe, expect, test } from "vitest";
import { readAnonymousPeak } from "../../../src/daemon/memory/process-memory.ts";
import { Sampler } from "../../../src/daemon/memory/sampler.ts";
import type { SamplerOptions } from "../../../src/daemon/memory/sampler.ts";
import { GIB, KIB, MIB } from "../../../src/lib/units.ts";
import { V2, selfOf, v2Level } from "./cgroup-fixtures.ts";
import { FakeKernel, kilobyteLines } from "./fake-kernel.ts";

/** MiB of anonymous and of mapped memory, and by how many processes the mapped part is shared. */
interface Process {
  readonly anon: number;
  readonly mapped: number;
  readonly sharers?: number;
}

/** Counters differ a little from what smaps_rollup finds, as they do in the kernel. */
const DRIFT = 64;

function setProcess(kernel: FakeKernel, pid: number, { anon, mapped, sharers = 1 }: Process): void {
  const rss = (anon + mapped) * KIB;
  kernel.texts.set(
    `/proc/${pid}/status`,
    `Name:\tnode\n${kilobyteLines({ VmRSS: rss + DRIFT, RssAnon: anon * KIB, RssFile: mapped * KIB })}Threads:\t7\n`,
  );
  kernel.texts.set(
    `/proc/${pid}/smaps_rollup`,
    kilobyteLines({
      Rss: rss,
      Pss: (anon + mapped / sharers) * KIB,
      Private_Clean: sharers === 1 ? mapped * KIB : 0,
      Private_Dirty: anon * KIB,
      Anonymous: anon * KIB,
    }),
  );
}

function end(kernel: FakeKernel, pid: number): void {
  kernel.texts.delete(`/proc/${pid}/status`);
  kernel.texts.delete(`/proc/${pid}/smaps_rollup`);
}

/** A machine of 8 GiB, half of it used; a daemon (pid 1) and two workers that share 400 MiB. */
function setUp(options: Partial<SamplerOptions> = {}) {
  const meminfo = kilobyteLines({ MemTotal: 8 * MIB, MemFree: MIB, MemAvailable: 4 * MIB });
  const kernel = new FakeKernel({ "/proc/meminfo": meminfo });
  setProcess(kernel, 1, { anon: 30, mapped: 50 });
  setProcess(kernel, 2, { anon: 20, mapped: 400, sharers: 2 });
  setProcess(kernel, 3, { anon: 20, mapped: 400, sharers: 2 });
  const clock = { ms: 0 };
  const members = [1, 2, 3].map((pid) => ({ role: pid === 1 ? ("daemon" as const) : ("worker" as const), pid }));
  const now = (): number => clock.ms;
  const sampler = new Sampler({ pids: () => members, limitBytes: null, now, files: kernel, ...options });
  return { kernel, clock, sampler, members };
}

describe("what else is held against a limit", () => {
  test("all of it, though the machine is fuller: a cgroup may have less room all the same", async () => {
    const { sampler, kernel } = setUp();
    const cgroup = { ...selfOf(V2), ...v2Level(V2.folder, { current: 60, limit: 200 }) };
    for (const [path, text] of Object.entries(cgroup)) kernel.texts.set(path, text);
    const { source, usage, limits } = await sampler.sample();
    expect([source, usage]).toEqual(["system", 0.5]);
    expect(limits).toEqual([
      { usedBytes: 4 * GIB, limitBytes: 8 * GIB },
      { usedBytes: 60 * MIB, limitBytes: 200 * MIB },
    ]);
  });

  test("nothing beside a limit of our own", async () => {
    expect((await setUp({ limitBytes: GIB }).sampler.sample()).limits).toEqual([]);
  });
});

describe("a glance", () => {
  test("tells what is used and what processes have, and reads no PSS", () => {
    const { sampler, kernel } = setUp();
    expect(sampler.glance([2, 99])).toEqual(
      expect.objectContaining({ usedBytes: 4 * GIB, anonymousBytes: new Map([[2, 20 * MIB]]) }),
    );
    expect(kernel.readsOf("smaps_rollup")).toBe(0);
  });

  test("against a limit of our own, goes by the last PSS and what processes have had since", async () => {
    const { sampler, kernel } = setUp({ limitBytes: GIB });
    const { usedBytes } = await sampler.sample();
    setProcess(kernel, 2, { anon: 120, mapped: 400, sharers: 2 });
    expect(sampler.glance([2]).usedBytes - usedBytes).toBe(100 * MIB);
  });
});

test("the most that a process has had is what the kernel kept count of, less the files that it has mapped", () => {
  const status = kilobyteLines({ VmHWM: 300 * KIB, VmRSS: 180 * KIB, RssAnon: 80 * KIB });
  const kernel = new FakeKernel({ "/proc/7/status": status, "/proc/8/status": kilobyteLines({ VmRSS: 180 * KIB }) });
  expect([7, 8, 9].map((pid) => readAnonymousPeak(pid, kernel))).toEqual([200 * MIB, undefined, undefined]);
});

describe("what usage is", () => {
  test("the machine's, from what is available, where no cgroup limits it", async () => {
    const { sampler } = setUp();
    const sample = await sampler.sample();
    expect(sample).toMatchObject({ usage: 0.5, usedBytes: 4 * GIB, limitBytes: 8 * GIB, source: "system" });
    expect(sample.pressure).toBeNull();
  });

  test.each([
    [600, "cgroup", 0.6],
    [400, "system", 0.5],
  ])("with a cgroup %i per mille full: %s", async (current, source, usage) => {
    const { sampler, kernel } = setUp();
    for (const [path, text] of Object.entries({ ...selfOf(V2), ...v2Level(V2.folder, { current, limit: 1000 }) })) {
      kernel.texts.set(path, text);
    }
    expect(await sampler.sample()).toMatchObject({ source, usage });
  });

  test("of MEMORY_LIMIT the tree's PSS, though the machine were full, and above 1 where it is passed", async () => {
    const { sampler, kernel } = setUp({ limitBytes: 400 * MIB });
    kernel.texts.set("/proc/meminfo", kilobyteLines({ MemTotal: 8 * MIB, MemAvailable: 0 }));
    const sample = await sampler.sample();
    expect(sample).toMatchObject({ source: "setting", limitBytes: 400 * MIB, usedBytes: 520 * MIB, usage: 1.3 });
    expect(sample).toMatchObject({ treePssBytes: 520 * MIB, daemonPssBytes: 80 * MIB });
  });

  test.each([
    ["auto", false, "system", 0.5],
    ["auto", true, "cgroup", 0.4],
    ["machine", true, "system", 0.5],
    ["cgroup", false, "cgroup", 0.4],
  ] as const)(
    "MEMORY_SOURCE %s, in a container: %s, beside a fuller machine: %s",
    async (source, isContained, of, usage) => {
      const { sampler, kernel } = setUp({ source, isContained });
      for (const [path, text] of Object.entries({
        ...selfOf(V2),
        ...v2Level(V2.folder, { current: 400, limit: 1000 }),
      }))
        kernel.texts.set(path, text);
      expect(await sampler.sample()).toMatchObject({ source: of, usage });
    },
  );

  test("a cgroup that is asked for and has no limit is said, and one in a container falls back on the machine", async () => {
    const unlimited = { ...selfOf(V2), ...v2Level(V2.folder, { current: 400, limit: "max" }) };
    const [asked, contained] = [setUp({ source: "cgroup" }), setUp({ isContained: true })];
    for (const { kernel } of [asked, contained])
      for (const [path, text] of Object.entries(unlimited)) kernel.texts.set(path, text);
    await expect(asked.sampler.sample()).rejects.toThrow(/no cgroup of combot's has a limit.*MEMORY_SOURCE=auto/);
    expect(await contained.sampler.sample()).toMatchObject({ source: "system", usage: 0.5 });
  });

  test("a container that is not shown the machine goes by its cgroup where it is told to", async () => {
    const { sampler, kernel } = setUp({ source: "cgroup" });
    kernel.texts.delete("/proc/meminfo");
    for (const [path, text] of Object.entries({ ...selfOf(V2), ...v2Level(V2.folder, { current: 400, limit: 1000 }) }))
      kernel.texts.set(path, text);
    expect(await sampler.sample()).toMatchObject({ source: "cgroup", usage: 0.4 });
  });

  test("fails rather than guesses where /proc/meminfo is hidden, and works again afterwards", async () => {
    const { sampler, kernel } = setUp();
    const meminfo = kernel.texts.get("/proc/meminfo")!;
    kernel.texts.delete("/proc/meminfo");
    await expect(sampler.sample()).rejects.toThrow(/meminfo/);
    kernel.texts.set("/proc/meminfo", meminfo);
    expect((await sampler.sample()).usage).toBe(0.5);
  });

  test("pressure is the worse of machine and cgroup, line by line", async () => {
    const { sampler, kernel } = setUp();
    const lines = (some: number, full: number): string => `some avg10=${some} avg60=0\nfull avg10=${full} avg60=0\n`;
    for (const [path, text] of Object.entries(selfOf(V2))) kernel.texts.set(path, text);
    kernel.texts.set("/proc/pressure/memory", lines(4, 3));
    expect((await sampler.sample()).pressure).toEqual({ some10: 4, full10: 3 });
    kernel.texts.set(`${V2.folder}/memory.pressure`, lines(9, 1));
    expect((await sampler.sample()).pressure).toEqual({ some10: 9, full10: 3 });
  });
});

describe("PSS", () => {
  const exactness = async (sampler: Sampler) => (await sampler.sample()).processes.map(({ exact }) => exact);

  test("is read when it is due, and estimated in between", async () => {
    const { sampler, clock, kernel } = setUp({ pssEveryMs: 10_000 });
    expect(await exactness(sampler)).toEqual([true, true, true]);
    clock.ms = 9999;
    expect(await exactness(sampler)).toEqual([false, false, false]);
    expect(kernel.readsOf("smaps_rollup")).toBe(3);
    clock.ms = 10_000;
    expect(await exactness(sampler)).toEqual([true, true, true]);
  });

  test("an estimate follows anonymous memory byte by byte, with no reading however much it is", async () => {
    const { sampler, kernel } = setUp();
    await sampler.sample();
    setProcess(kernel, 2, { anon: 320, mapped: 400, sharers: 2 });
    const { processes, treePssBytes } = await sampler.sample();
    expect(processes[1]).toMatchObject({
      pssBytes: 520 * MIB,
      privateBytes: 320 * MIB,
      mappedBytes: 400 * MIB + DRIFT * KIB,
    });
    expect(treePssBytes).toBe(820 * MIB);
    expect(kernel.readsOf("smaps_rollup")).toBe(3);
  });

  test("an estimate is never less than the anonymous part, nor more than RSS", async () => {
    const { sampler, kernel } = setUp();
    setProcess(kernel, 2, { anon: 20, mapped: 4000, sharers: 400 });
    await sampler.sample();
    setProcess(kernel, 2, { anon: 20, mapped: 3700, sharers: 400 });
    expect((await sampler.sample()).processes[1]).toMatchObject({ pssBytes: 20 * MIB, exact: false });
  });

  test("is read of all when mapped memory of one comes or goes: it changes what the others share", async () => {
    const { sampler, kernel } = setUp();
    await sampler.sample();
    setProcess(kernel, 2, { anon: 20, mapped: 350, sharers: 2 });
    expect(await exactness(sampler)).toEqual([true, true, true]);
    setProcess(kernel, 2, { anon: 20, mapped: 320, sharers: 2 });
    expect(await exactness(sampler)).toEqual([false, false, false]);
  });

  test("is read of all when one has ended or come, and counts the shared pages once", async () => {
    const { sampler, kernel, members } = setUp();
    const before = await sampler.sample();
    end(kernel, 3);
    setProcess(kernel, 2, { anon: 20, mapped: 400 });
    const after = await sampler.sample();
    expect(after.processes.map(({ pid, exact }) => [pid, exact])).toEqual([
      [1, true],
      [2, true],
    ]);
    expect(before.treePssBytes - after.treePssBytes).toBe(20 * MIB);
    members.push({ role: "worker", pid: 4 });
    setProcess(kernel, 4, { anon: 5, mapped: 0 });
    expect(await exactness(sampler)).toEqual([true, true, true]);
    expect(await exactness(sampler)).toEqual([false, false, false]);
  });

  test("of a process whose pages we may not see is its RSS; one that ends in the middle is left out", async () => {
    const { sampler, kernel } = setUp();
    kernel.texts.delete("/proc/2/smaps_rollup");
    const seen = await sampler.sample();
    const rssBytes = 420 * MIB + DRIFT * KIB;
    expect(seen.processes[1]).toMatchObject({ rssBytes, pssBytes: rssBytes, privateBytes: 20 * MIB, exact: false });
    expect(await exactness(sampler)).toEqual([false, false, false]);

    const readSlow = kernel.readSlow;
    kernel.readSlow = async (path) => {
      if (path.includes("/2/")) end(kernel, 2);
      return readSlow(path);
    };
    expect((await sampler.measure()).processes.map(({ pid }) => pid)).toEqual([1, 3]);
  });
});

describe("measure", () => {
  test("reads what is there after the call, for all who ask while another runs in one go", async () => {
    const { sampler, kernel } = setUp();
    const running = sampler.measure();
    await Promise.resolve();
    const waiting = [sampler.measure(), sampler.measure(), sampler.measure()];
    setProcess(kernel, 3, { anon: 100, mapped: 400, sharers: 2 });
    const samples = await Promise.all(waiting);
    await running;
    expect(new Set(samples).size).toBe(1);
    expect(samples[0]!.treePssBytes).toBe(600 * MIB);
    expect(samples[0]!.processes.every(({ exact }) => exact)).toBe(true);
    expect(kernel.readsOf("smaps_rollup")).toBe(6);
  });
});
