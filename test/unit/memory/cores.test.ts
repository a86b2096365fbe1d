import { expect, test } from "vitest";
import { usableCores } from "../../../src/lib/cores.ts";
import { selfOf, V1, V2 } from "./cgroup-fixtures.ts";
import { FakeKernel, underFolder } from "./fake-kernel.ts";

const SLICE_V1 = "/sys/fs/cgroup/cpu,cpuacct/system.slice";
const SLICE_V2 = "/sys/fs/cgroup/system.slice";

const v1 = (folder: string, quota: number, period = 100_000) =>
  underFolder(folder, { "cpu.cfs_quota_us": `${quota}\n`, "cpu.cfs_period_us": `${period}\n` });
const v2 = (folder: string, max: string) => underFolder(folder, { "cpu.max": `${max}\n` });

test.each([
  ["v1, none", { ...selfOf(V1), ...v1(SLICE_V1, -1) }, 8],
  ["v1, two and a half cores", { ...selfOf(V1), ...v1(SLICE_V1, 125_000, 50_000) }, 2],
  ["v1, around it", { ...selfOf(V1), ...v1(SLICE_V1, -1), ...v1("/sys/fs/cgroup/cpu,cpuacct", 300_000) }, 3],
  ["v2, none", { ...selfOf(V2), ...v2(V2.folder, "max 100000") }, 8],
  ["v2, three cores", { ...selfOf(V2), ...v2(V2.folder, "300000 100000") }, 3],
  ["v2, around it", { ...selfOf(V2), ...v2(V2.folder, "300000 100000"), ...v2(SLICE_V2, "200000 100000") }, 2],
  ["v2, more than there are", { ...selfOf(V2), ...v2(V2.folder, "6400000 100000") }, 8],
  ["v2, half a core is still one", { ...selfOf(V2), ...v2(V2.folder, "50000 100000") }, 1],
  ["no controller", { ...selfOf(V2), ...underFolder(V2.folder, { "cgroup.procs": "1\n" }) }, 8],
  ["no cgroup at all", {}, 8],
])("of eight cores, with a quota of %s", (_, texts, cores) => {
  expect(usableCores(new FakeKernel(texts), 4711, 8)).toBe(cores);
});
