import { expect, test } from "vitest";
import { OomWatch } from "../../../src/daemon/workers/oom.ts";
import { V1, V2 } from "../memory/cgroup-fixtures.ts";
import { FakeKernel, statLines } from "../memory/fake-kernel.ts";

const PID = 4711;
const MEMBERSHIP = `/proc/${PID}/cgroup`;

const events = (oom_kill: number): string =>
  statLines({ low: 0, high: 3, max: 12, oom: 1, oom_kill, oom_group_kill: 0 });
const control = (oom_kill: number): string => statLines({ oom_kill_disable: 0, under_oom: 0, oom_kill });
const vmstat = (oom_kill: number): string => statLines({ nr_free_pages: 1, oom_kill, drop_pagecache: 0 });

const HIERARCHIES = [
  ["v2, files as the kernel lays them out", V2, "memory.events", events],
  ["v1, files as the kernel lays them out", V1, "memory.oom_control", control],
] as const;

test.each(HIERARCHIES)("%s: only a kill in the cgroup of the process counts", (_, host, name, text) => {
  const counter = `${host.folder}/${name}`;
  const kernel = new FakeKernel({
    [MEMBERSHIP]: host.cgroup,
    "/proc/self/mountinfo": `${host.mountinfo}\n`,
    [counter]: text(2),
    "/proc/vmstat": vmstat(5),
  });
  const watch = new OomWatch(PID, kernel, () => 0);
  expect(watch.struck).toBe(false);
  kernel.texts.set("/proc/vmstat", vmstat(6));
  expect(watch.struck).toBe(false);
  kernel.texts.set(counter, text(3));
  expect(watch.struck).toBe(true);
});

test("v2, files as the kernel lays them out: a cgroup without the controller goes by the one around it", () => {
  const around = "/sys/fs/cgroup/system.slice/memory.events";
  const kernel = new FakeKernel({
    [MEMBERSHIP]: V2.cgroup,
    "/proc/self/mountinfo": `${V2.mountinfo}\n`,
    [`${V2.folder}/cgroup.procs`]: `${PID}\n`,
    [around]: events(0),
  });
  const watch = new OomWatch(PID, kernel, () => 0);
  kernel.texts.set(around, events(1));
  expect(watch.struck).toBe(true);
});

test("a process that was moved goes by where it is, with the count it found there", () => {
  let nowMs = 0;
  const elsewhere = "/sys/fs/cgroup/elsewhere/memory.events";
  const kernel = new FakeKernel({
    [MEMBERSHIP]: V2.cgroup,
    "/proc/self/mountinfo": `${V2.mountinfo}\n`,
    [`${V2.folder}/memory.events`]: events(0),
    [elsewhere]: events(7),
  });
  const watch = new OomWatch(PID, kernel, () => nowMs);
  kernel.texts.set(MEMBERSHIP, "0::/elsewhere\n");
  nowMs = 1000;
  watch.look();
  expect(watch.struck).toBe(false);
  kernel.texts.set(elsewhere, events(8));
  // It is gone by then.
  kernel.texts.delete(MEMBERSHIP);
  expect(watch.struck).toBe(true);
});

test("without a cgroup that counts it is the machine's count, and without that nobody knows", () => {
  const kernel = new FakeKernel({ [MEMBERSHIP]: "0::/\n", "/proc/self/mountinfo": "", "/proc/vmstat": vmstat(1) });
  const watch = new OomWatch(PID, kernel, () => 0);
  kernel.texts.set("/proc/vmstat", vmstat(2));
  expect(watch.struck).toBe(true);
  expect(new OomWatch(PID, new FakeKernel({}), () => 0).struck).toBeNull();
});
