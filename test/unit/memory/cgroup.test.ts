import { describe, expect, test } from "vitest";
import { Cgroup, fullestOf } from "../../../src/daemon/memory/cgroup.ts";
import { GIB, MIB } from "../../../src/lib/units.ts";
import { V1, V2, selfOf, v1Level, v2Level } from "./cgroup-fixtures.ts";
import { FakeKernel } from "./fake-kernel.ts";

const MACHINE = 8 * GIB;
const PID = 4711;

function usageOf(texts: Readonly<Record<string, string>>) {
  return fullestOf(new Cgroup(new FakeKernel(texts), PID).usages(MACHINE));
}

describe("usage", () => {
  test("v1: page cache is not used memory, read twice or once; slabs and swap don't enter", () => {
    const level = v1Level(V1.folder, { current: 900, limit: 1000, active: 500, inactive: 100 });
    const unified = { "/sys/fs/cgroup/unified/y.service/cgroup.procs": `${PID}\n` };
    expect(usageOf({ ...selfOf(V1), ...level, ...unified })).toEqual({ usedBytes: 300 * MIB, limitBytes: 1000 * MIB });
  });

  test("v2: nor are reclaimable slabs", () => {
    const level = v2Level(V2.folder, { current: 900, limit: 1000, active: 500, inactive: 100, slab: 50 });
    expect(usageOf({ ...selfOf(V2), ...level })).toEqual({ usedBytes: 250 * MIB, limitBytes: 1000 * MIB });
  });

  test("counters read one after the other can't make it negative", () => {
    const level = v2Level(V2.folder, { current: 100, limit: 1000, active: 101 });
    expect(usageOf({ ...selfOf(V2), ...level })?.usedBytes).toBe(0);
  });

  test.each([
    ["v1, unlimited", { ...selfOf(V1), ...v1Level(V1.folder, { current: 9, limit: "9223372036854771712" }) }],
    ["v2, unlimited", { ...selfOf(V2), ...v2Level(V2.folder, { current: 9, limit: "max" }) }],
    ["a limit above the machine's memory", { ...selfOf(V2), ...v2Level(V2.folder, { current: 9, limit: 8193 }) }],
    ["a limit of nothing, which no ratio has", { ...selfOf(V2), ...v2Level(V2.folder, { current: 9, limit: 0 }) }],
    ["no cgroup at all", {}],
    ["a hierarchy that isn't mounted", selfOf({ ...V1, mountinfo: "" })],
    ["a folder that isn't there", selfOf(V2)],
    [
      "outside of its namespace, whatever is beside the mount",
      {
        ...selfOf({ ...V2, cgroup: "0::/../other\n" }),
        ...v2Level("/sys/fs/other", { current: 9, limit: 10 }),
      },
    ],
  ])("%s: none", (_, texts) => {
    expect(usageOf(texts)).toBeNull();
  });

  test("the fullest level counts, not the tightest, and levels without a limit or a controller are passed over", () => {
    const slice = "/sys/fs/cgroup/system.slice";
    const levels = {
      ...v2Level(V2.folder, { current: 100, limit: 1000 }),
      ...v2Level(slice, { current: 1900, limit: 2000 }),
      "/sys/fs/cgroup/memory.stat": "anon 1\n",
    };
    expect(usageOf({ ...selfOf(V2), ...levels })).toEqual({ usedBytes: 1900 * MIB, limitBytes: 2000 * MIB });
    const child = { [`${V2.folder}/cgroup.procs`]: `${PID}\n` };
    const parentOnly = { ...child, ...v2Level(slice, { current: 10, limit: 2000 }) };
    expect(usageOf({ ...selfOf(V2), ...parentOnly })).toEqual({ usedBytes: 10 * MIB, limitBytes: 2000 * MIB });
  });

  test("memory.high is a limit too: past it everything crawls", () => {
    const level = { ...v2Level(V2.folder, { current: 700, limit: 1000 }), [`${V2.folder}/memory.high`]: "800000000\n" };
    expect(usageOf({ ...selfOf(V2), ...level })?.limitBytes).toBe(800_000_000);
  });
});

describe("finding the cgroup", () => {
  const level = (folder: string) => v2Level(folder, { current: 1, limit: 10 });

  test.each([
    [
      "in a cgroup namespace of its own",
      "0::/\n",
      "35 24 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw",
      "/sys/fs/cgroup",
    ],
    ["in a container that sees the host's paths", "0::/docker/ab\n", "9 8 0:3 /docker/ab /cg rw - cgroup2 c rw", "/cg"],
    ["below what is mounted", "0::/docker/ab/in\n", "9 8 0:3 /docker/ab /cg rw - cgroup2 c rw", "/cg/in"],
    ["at a mount point with a space", "0::/a\n", "9 8 0:3 / /my\\040cg rw - cgroup2 c rw", "/my cg/a"],
  ])("%s", (_, cgroup, mountinfo, folder) => {
    expect(usageOf({ ...selfOf({ cgroup, mountinfo }), ...level(folder) })?.limitBytes).toBe(10 * MIB);
  });

  test("a mount of somebody else's part of the hierarchy doesn't count", () => {
    const self = selfOf({ cgroup: "0::/docker/abc\n", mountinfo: "9 8 0:3 /docker/ab /cg rw - cgroup2 c rw" });
    expect(usageOf({ ...self, ...level("/cg"), ...level("/cg/c") })).toBeNull();
  });

  test("of several mounts the one that shows more levels counts", () => {
    const mounts = ["9 8 0:3 /a/b /part rw - cgroup2 c rw", "9 8 0:3 / /whole rw - cgroup2 c rw"];
    for (const mountinfo of [mounts.join("\n"), mounts.toReversed().join("\n")]) {
      const self = selfOf({ cgroup: "0::/a/b\n", mountinfo });
      const tight = v2Level("/whole/a", { current: 9, limit: 10 });
      const texts = { ...self, ...level("/part"), ...level("/whole/a/b"), ...tight };
      expect(usageOf(texts)?.usedBytes).toBe(9 * MIB);
    }
  });

  test("a mount from outside the namespace is searched for the folder that lists this process", () => {
    const self = selfOf({ cgroup: "0::/\n", mountinfo: "9 8 0:3 /../.. /cg rw - cgroup2 c rw" });
    const others = { "/cg/a/x/cgroup.procs": "1\n47\n", "/cg/b/y/cgroup.procs": "2\n" };
    const own = { ...level("/cg/b/z"), "/cg/b/z/cgroup.procs": `12\n${PID}\n` };
    expect(usageOf({ ...self, ...others, ...own })?.limitBytes).toBe(10 * MIB);
    expect(usageOf({ ...self, ...others })).toBeNull();
  });

  test("happens once, and again when the process was moved or the folder is gone", () => {
    const kernel = new FakeKernel({ ...selfOf(V2), ...v2Level(V2.folder, { current: 1, limit: 10 }) });
    const cgroup = new Cgroup(kernel, PID);
    for (let i = 0; i < 5; i++) expect(fullestOf(cgroup.usages(MACHINE))?.limitBytes).toBe(10 * MIB);
    expect(kernel.readsOf("mountinfo")).toBe(1);

    kernel.texts.set("/proc/self/cgroup", "0::/moved\n");
    for (const [path, text] of Object.entries(v2Level("/sys/fs/cgroup/moved", { current: 1, limit: 20 }))) {
      kernel.texts.set(path, text);
    }
    for (let i = 0; i < 5; i++) expect(fullestOf(cgroup.usages(MACHINE))?.limitBytes).toBe(20 * MIB);
    expect(kernel.readsOf("mountinfo")).toBe(2);

    for (const path of [...kernel.texts.keys()].filter((path) => path.includes("/moved/"))) kernel.texts.delete(path);
    kernel.texts.set("/proc/self/mountinfo", "9 8 0:3 / /cg rw - cgroup2 c rw\n");
    for (const [path, text] of Object.entries(v2Level("/cg/moved", { current: 1, limit: 30 }))) {
      kernel.texts.set(path, text);
    }
    expect(fullestOf(cgroup.usages(MACHINE))?.limitBytes).toBe(30 * MIB);
  });
});

describe("pressure", () => {
  const text = "some avg10=12.50 avg60=1.00 avg300=0.10 total=5\nfull avg10=3.25 avg60=0.50 avg300=0.00 total=2\n";

  test("comes from the unified hierarchy, on v2 and beside v1", () => {
    const v2 = { ...selfOf(V2), [`${V2.folder}/memory.pressure`]: text };
    expect(new Cgroup(new FakeKernel(v2), PID).pressure()).toEqual({ some10: 12.5, full10: 3.25 });
    const hybrid = { ...selfOf(V1), "/sys/fs/cgroup/unified/y.service/memory.pressure": text };
    expect(new Cgroup(new FakeKernel(hybrid), PID).pressure()).toEqual({ some10: 12.5, full10: 3.25 });
  });

  test("is null where the kernel counts none, or none of it all", () => {
    const level = v2Level(V2.folder, { current: 1, limit: 10 });
    expect(new Cgroup(new FakeKernel({ ...selfOf(V2), ...level }), PID).pressure()).toBeNull();
    const cpuOnly = { ...selfOf(V2), [`${V2.folder}/memory.pressure`]: text.split("\n")[0]! };
    expect(new Cgroup(new FakeKernel(cpuOnly), PID).pressure()).toBeNull();
  });
});
