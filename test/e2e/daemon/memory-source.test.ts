import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { requireBuild } from "../cli/cli-process.ts";

const isV1 = existsSync("/sys/fs/cgroup/memory/memory.limit_in_bytes");
const PAGE = 4096;
/** Nearly the machine's, of which combot takes next to nothing: whatever else runs here, the machine is the fuller one. */
const LIMIT_BYTES = Math.floor((totalmem() * 0.9) / PAGE) * PAGE;

beforeAll(requireBuild);

/** A memory cgroup with a limit. Needs root. */
function limitedCgroup(): string {
  const root = isV1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
  if (!isV1) writeFileSync(join(root, "cgroup.subtree_control"), "+memory");
  const folder = join(root, `combot-memory-${process.pid}`);
  mkdirSync(folder);
  onTestFinished(() => rmdirSync(folder));
  writeFileSync(join(folder, isV1 ? "memory.limit_in_bytes" : "memory.max"), String(LIMIT_BYTES));
  return folder;
}

test("a neighbour on the machine counts, but not in a container, nor where the cgroup alone is to count", async () => {
  const cgroup = limitedCgroup();
  const wrapper = ["sh", "-c", `echo $$ > ${cgroup}/cgroup.procs && exec "$@"`, "sh"];
  const measured = async (env: Record<string, string>) => {
    const daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error", PRELOAD: "off", ...env }, wrapper });
    const { source, limitBytes } = await daemon.json<{ source: string; limitBytes: number }>("GET", "/api/memory/");
    await daemon.stop();
    return { source, limitBytes };
  };
  const ofCgroup = { source: "cgroup", limitBytes: LIMIT_BYTES };
  expect(await measured({ container: "podman" })).toEqual(ofCgroup);
  expect(await measured({ container: "podman", MEMORY_SOURCE: "machine" })).toMatchObject({ source: "system" });
  expect(await measured({ MEMORY_SOURCE: "cgroup" })).toEqual(ofCgroup);
});
