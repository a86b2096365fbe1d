import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { MemoryCgroup } from "../../../scripts/support/process-tree.ts";
import { GIB, MIB } from "../../../src/lib/units.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { cgroupInside, hasCgroups, limitedCgroup } from "./support/cgroups.ts";
import { MemberProcess } from "./support/member-process.ts";
import type { Look } from "./support/member.ts";

const LIMIT = 512 * MIB;
const TWO_POINTS = 0.02;

/** Not in /tmp, which is memory on many machines and would be counted for good reason. */
function fileOnDisk(): string {
  const folder = mkdtempSync("/var/tmp/combot-test-");
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "file");
}

function usageOf({ cgroup }: Look): number {
  return cgroup === null ? NaN : cgroup.usedBytes / cgroup.limitBytes;
}

/** Page cache that is charged to the cgroup. */
function cachedBytes({ path }: MemoryCgroup): number {
  const stat = readFileSync(join(path, "memory.stat"), "latin1");
  return Number(/^(?:total_cache|file) (\d+)$/m.exec(stat)?.[1]);
}

describe.runIf(hasCgroups)("a process in a cgroup with a limit", () => {
  test("reads 300 MiB into the page cache, twice: usage is what it was", async () => {
    const cgroup = limitedCgroup(LIMIT);
    const member = await MemberProcess.start(cgroup);
    const before = await member.look();
    const after = await member.after({ do: "cache", path: fileOnDisk(), bytes: 300 * MIB });
    expect(cachedBytes(cgroup)).toBeGreaterThan(290 * MIB);
    expect(Math.abs(usageOf(after) - usageOf(before))).toBeLessThan(TWO_POINTS);
  });

  test("takes 256 MiB of its own: usage follows, with page cache beside it", async () => {
    const member = await MemberProcess.start(limitedCgroup(LIMIT));
    const before = await member.after({ do: "cache", path: fileOnDisk(), bytes: 100 * MIB });
    const after = await member.after({ do: "allocate", bytes: 256 * MIB });
    expect(Math.abs(usageOf(after) - usageOf(before) - 0.5)).toBeLessThan(TWO_POINTS);
    expect(after.sample.treePssBytes - before.sample.treePssBytes).toBeGreaterThan(250 * MIB);
  });

  test("fills it nearly: that and not the machine is the usage sampled", async () => {
    const member = await MemberProcess.start(limitedCgroup(LIMIT));
    const { sample, cgroup } = await member.after({ do: "allocate", bytes: 440 * MIB });
    expect(sample).toMatchObject({ source: "cgroup", limitBytes: LIMIT });
    expect(Math.abs(sample.usage - usageOf({ sample, cgroup }))).toBeLessThan(TWO_POINTS);
    expect(sample.usage).toBeGreaterThan(0.85);
    expect(sample.usedBytes).toBe(Math.round(sample.usage * LIMIT));
  });

  test.each([
    ["the cgroup around its own", LIMIT / 2, LIMIT],
    ["its own", LIMIT, LIMIT / 2],
  ])("is held against %s, where that is the tighter", async (_, outerBytes, innerBytes) => {
    const inner = cgroupInside(limitedCgroup(outerBytes), innerBytes);
    const { cgroup } = await (await MemberProcess.start(inner)).look();
    expect(cgroup?.limitBytes).toBe(LIMIT / 2);
  });

  test("notices a limit that changes, one that is lifted, and that it is moved", async () => {
    const first = limitedCgroup(LIMIT);
    const second = limitedCgroup(LIMIT / 4, "combot-moved");
    const member = await MemberProcess.start(first);
    first.limitBytes = LIMIT / 2;
    expect((await member.look()).cgroup?.limitBytes).toBe(LIMIT / 2);
    first.limitBytes = 2 ** 20 * GIB;
    const lifted = await member.look();
    expect(lifted.cgroup).toBeNull();
    expect(lifted.sample.source).toBe("system");
    writeFileSync(join(second.path, "cgroup.procs"), String(member.pid));
    expect((await member.look()).cgroup?.limitBytes).toBe(LIMIT / 4);
  });

  describe("and in a namespace", () => {
    test("whose mount is from outside", async () => {
      const member = await MemberProcess.start(limitedCgroup(LIMIT), ["unshare", "-C"]);
      expect((await member.look()).cgroup?.limitBytes).toBe(LIMIT);
    });

    test("whose mount is its own, and elsewhere", async () => {
      const cgroup = limitedCgroup(LIMIT);
      const isLegacy = cgroup.path.startsWith("/sys/fs/cgroup/memory/");
      const kind = isLegacy ? "-t cgroup -o memory" : "-t cgroup2";
      const old = isLegacy ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
      const script = `umount -l ${old} && mount ${kind} none ${temporaryFolder()} && exec "$@"`;
      const member = await MemberProcess.start(cgroup, ["unshare", "-C", "-m", "sh", "-c", script, "sh"]);
      expect((await member.look()).cgroup?.limitBytes).toBe(LIMIT);
    });
  });
});

test.runIf(!hasCgroups)("NOT TESTED: a cgroup's limit, which takes root and a memory controller to set one", () => {
  expect(process.env["CI"], "CI has to run the tests as root, with a memory controller").not.toBe("true");
});
