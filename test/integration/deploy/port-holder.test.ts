import { once } from "node:events";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, onTestFinished, test } from "vitest";
import type { Holder } from "../../../src/lib/deploy/facts.ts";

const PROGRAM = fileURLToPath(new URL("../../../src/lib/deploy/processes.ts", import.meta.url));
const SERVER = 54_321;
const ONLOOKER = 54_322;

/** A process of a user of its own that listens, and holds nothing else that anybody may look at. */
async function listener(uid: number): Promise<{ pid: number; port: number }> {
  const script = `process.setgid(${uid}); process.setuid(${uid});
    const server = require("node:net").createServer().listen(0, "127.0.0.1", () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { pid: child.pid!, port: Number(line) };
}

async function seenBy(uid: number, port: number): Promise<Holder | null> {
  const script = `import { portHolder } from ${JSON.stringify(PROGRAM)};
    process.setgroups([]); process.setgid(${uid}); process.setuid(${uid});
    console.log(JSON.stringify(portHolder(${port})));`;
  const { stdout } = await execa(process.execPath, ["--input-type=module", "-e", script]);
  return JSON.parse(stdout) as Holder | null;
}

// Debian's Redis has a user of its own, and whoever plans a deploy without root must be told how to go on.
test("who holds a port is told to those too who may not look at its descriptors", async () => {
  const { pid, port } = await listener(SERVER);
  expect(await seenBy(ONLOOKER, port)).toMatchObject({ pid, command: expect.stringContaining("node") as string });
});

test("not where it may be one of several", async () => {
  const [{ port }] = [await listener(SERVER), await listener(SERVER)];
  expect(await seenBy(ONLOOKER, port)).toMatchObject({ pid: 0, command: "a process of another user" });
});
