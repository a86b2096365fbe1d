import { chmodSync, lstatSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../support/temporary.ts";
import { Child, startListening } from "./support/children.ts";

const NOBODY = 65_534;
const CYCLES = 8;
const isRoot = process.getuid?.() === 0;

/** Connects without a pause and counts what comes of it; says the counts when it is told anything. */
const HAMMER = `
const { createConnection } = require("node:net");
const counts = {};
const hit = () => {
  const socket = createConnection(process.argv[1]);
  const done = (outcome) => { counts[outcome] = (counts[outcome] ?? 0) + 1; socket.destroy(); setImmediate(hit); };
  socket.once("connect", () => done("connected")).once("error", (error) => done(error.code));
};
for (let i = 0; i < 4; i++) hit();
process.stdin.on("data", () => console.log(JSON.stringify(counts)));
console.log('"ready"');
`;

async function startHammer(path: string): Promise<Child> {
  const hammer = new Child(process.execPath, ["-e", HAMMER, path], { uid: NOBODY, gid: NOBODY, cwd: "/" });
  expect(await hammer.says<string>()).toBe("ready");
  return hammer;
}

async function countsOf(hammer: Child): Promise<Readonly<Record<string, number>>> {
  hammer.tell("counts");
  return hammer.says();
}

/** The folder lets everybody in, so that nothing but the socket's own mode keeps them out. */
function openFolder(): string {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "run"));
  chmodSync(join(folder, "run"), 0o755);
  return join(folder, "run");
}

test.runIf(isRoot)("another user gets EACCES at every instant of bind, kill -9 and bind again", async () => {
  const path = join(openFolder(), "combot.sock");
  const hammer = await startHammer(path);
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const daemon = await startListening(path);
    expect(lstatSync(path).mode & 0o777).toBe(0o660);
    // A stale file for the next one; an orderly end in between, so that the file comes and goes as well.
    await daemon.kill(cycle % 3 === 2 ? "SIGTERM" : "SIGKILL");
  }
  const counts = await countsOf(hammer);
  expect(Object.keys(counts).filter((outcome) => outcome !== "EACCES" && outcome !== "ENOENT")).toEqual([]);
  expect(counts["EACCES"]).toBeGreaterThan(1000);
});

test.runIf(isRoot)("the same watcher does notice a socket that is open to all", async () => {
  const path = join(openFolder(), "combot.sock");
  await startListening(path);
  chmodSync(path, 0o666);
  const hammer = await startHammer(path);
  await expect.poll(async () => (await countsOf(hammer))["connected"] ?? 0).toBeGreaterThan(0);
});

test.runIf(!isRoot)("NOT TESTED: another user's EACCES, which takes root to become another user", () => {
  expect(process.env["CI"], "CI has to run the tests as root").not.toBe("true");
});
