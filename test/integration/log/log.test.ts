import { execFileSync, spawn } from "node:child_process";
import { closeSync, constants, mkdirSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../support/temporary.ts";
import { Child } from "../http/support/children.ts";

const LOGGER = fileURLToPath(new URL("logging-child.ts", import.meta.url));

interface Told {
  readonly dropped: number;
  readonly thrown: string | null;
}

function loggerOn(fd: number | "pipe" | "inherit"): Child {
  return new Child(process.execPath, [LOGGER], { stdio: ["pipe", "pipe", fd] });
}

function log(child: Child, order: { lines: number; length: number; exit?: boolean }): Promise<Told> {
  child.tell(JSON.stringify(order));
  return child.says<Told>();
}

interface Line {
  readonly msg: string;
  readonly count?: number;
  readonly lines?: number;
}

function linesIn(text: string): readonly Line[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

/** Every line is whole, in order, and what is missing is what was told. */
function expectAccount(lines: readonly Line[], logged: number, dropped: number): void {
  const counts = lines.flatMap(({ count }) => count ?? []);
  expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  expect(new Set(counts).size).toBe(logged - dropped);
  const told = lines.reduce((sum, { lines: some = 0 }) => sum + some, 0);
  expect(told).toBe(dropped);
}

function fifo(): { readonly path: string; readonly open: () => number } {
  const path = join(temporaryFolder(), "log");
  execFileSync("mkfifo", [path]);
  // Read and write: an open that does not wait for anybody.
  return { path, open: () => openSync(path, constants.O_RDWR | constants.O_NONBLOCK) };
}

/** What is in a pipe now. */
function drain(fd: number): string {
  const parts: string[] = [];
  const buffer = Buffer.alloc(65_536);
  for (;;) {
    try {
      const bytes = readSync(fd, buffer);
      if (bytes === 0) return parts.join("");
      parts.push(buffer.subarray(0, bytes).toString("latin1"));
    } catch {
      return parts.join("");
    }
  }
}

/** Not by `toContain`, which prints all of a log that lacks something. */
async function expectSoon(isSo: () => boolean): Promise<void> {
  await expect.poll(isSo, { timeout: 20_000 }).toBe(true);
}

/** Whoever reads this pipe has stopped doing so; `read` goes on. */
test("a reader that stops holds up nobody: lines wait, the rest is counted, and told when it reads again", async () => {
  const { path, open } = fifo();
  const reader = open();
  const writer = openSync(path, "w");
  const child = loggerOn(writer);
  closeSync(writer);
  const first = await log(child, { lines: 4000, length: 1000 });
  expect(first.thrown).toBeNull();
  expect(first.dropped).toBeGreaterThan(1000);
  let text = "";
  await expectSoon(() => (text += drain(reader)).includes("were dropped"));
  const last = await log(child, { lines: 1, length: 10, exit: true });
  text += drain(reader);
  closeSync(reader);
  expectAccount(linesIn(text), 4001, last.dropped);
});

test("the same over a socket, as journald's", async () => {
  const child = loggerOn("pipe");
  const stderr = child.process.stderr!;
  stderr.setEncoding("utf8").pause();
  const first = await log(child, { lines: 4000, length: 1000 });
  expect(first.thrown).toBeNull();
  expect(first.dropped).toBeGreaterThan(1000);
  let text = "";
  stderr.on("data", (chunk: string) => (text += chunk)).resume();
  await expectSoon(() => text.includes("were dropped"));
  const { dropped } = await log(child, { lines: 1, length: 10 });
  await expectSoon(() => text.includes('"count":4000'));
  expectAccount(linesIn(text), 4001, dropped);
});

test.each(["a pipe", "a socket"])("a reader of %s that has gone harms nobody", async (kind) => {
  const { path, open } = fifo();
  const reader = open();
  const child = loggerOn(kind === "a pipe" ? openSync(path, "w") : "pipe");
  expect(await log(child, { lines: 1, length: 10 })).toEqual({ dropped: 0, thrown: null });
  closeSync(reader);
  child.process.stderr?.destroy();
  for (let turn = 0; turn < 5; turn++) expect((await log(child, { lines: 500, length: 1000 })).thrown).toBeNull();
  expect((await log(child, { lines: 1, length: 10 })).dropped).toBeGreaterThan(500);
});

test("a named pipe that is read again gets what waited", async () => {
  const { path, open } = fifo();
  const reader = open();
  const child = loggerOn(openSync(path, "w"));
  await log(child, { lines: 1, length: 10 });
  closeSync(reader);
  const again = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  await log(child, { lines: 3, length: 10 });
  let text = "";
  await expectSoon(() => (text += drain(again)).includes('"count":3'));
});

test("a full disk harms nobody, and what waited is written when there is room", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "log"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", join(folder, "log")], { stdio: "ignore" });
  } catch {
    return; // only root may
  }
  onTestFinished(() => void execFileSync("umount", ["--lazy", join(folder, "log")]));
  const [path, filler] = [join(folder, "log", "err"), join(folder, "log", "filler")];
  const child = loggerOn(openSync(path, "a"));
  await log(child, { lines: 1, length: 10 });
  expect(() => writeFileSync(filler, "x".repeat(1_000_000))).toThrow("ENOSPC");
  expect((await log(child, { lines: 20, length: 1000 })).thrown).toBeNull();
  expect(linesIn(readFileSync(path, "utf8").split("\n").slice(0, 1).join("\n"))).toHaveLength(1);
  rmSync(filler);
  await expectSoon(() => readFileSync(path, "utf8").includes('"count":20'));
  expectAccount(linesIn(readFileSync(path, "utf8")), 21, 0);
});

test.each([
  ["/dev/full", () => openSync("/dev/full", "w")],
  ["/dev/null", () => openSync("/dev/null", "w")],
])("%s harms nobody", async (name, open) => {
  const child = loggerOn(open());
  const { dropped, thrown } = await log(child, { lines: 3000, length: 1000 });
  expect(thrown).toBeNull();
  expect(dropped > 0).toBe(name === "/dev/full");
});

test("a closed stderr harms nobody", async () => {
  const command = `exec "$0" "$1" 2>&-`;
  const child = new Child("sh", ["-c", command, process.execPath, LOGGER]);
  expect((await log(child, { lines: 100, length: 100 })).thrown).toBeNull();
});

test("a terminal that was stopped holds up nobody", async () => {
  // script(1) gives its command a terminal; what it writes there is read by nobody while script itself stands still.
  const { path } = fifo();
  const shell = `exec "${process.execPath}" "${LOGGER}" <"${path}.in" >"${path}.out"`;
  execFileSync("mkfifo", [`${path}.in`, `${path}.out`]);
  const terminal = spawn("script", ["-q", "-c", shell, "/dev/null"], { stdio: ["pipe", "ignore", "ignore"] });
  onTestFinished(() => void terminal.kill("SIGKILL"));
  const input = openSync(`${path}.in`, constants.O_RDWR);
  const output = openSync(`${path}.out`, constants.O_RDWR | constants.O_NONBLOCK);
  const order = (lines: number): void => writeFileSync(input, `${JSON.stringify({ lines, length: 1000 })}\n`);
  let said = "";
  const says = async (answers: number): Promise<void> => {
    await expect.poll(() => (said += drain(output)).split("\n").length - 1, { timeout: 10_000 }).toBe(answers);
  };
  order(1);
  await says(1);
  process.kill(terminal.pid ?? 0, "SIGSTOP");
  order(3000);
  await says(2);
  expect(said).not.toContain("Error");
  process.kill(terminal.pid ?? 0, "SIGCONT");
});

test("the last line before the end is written, where somebody reads", async () => {
  const { path, open } = fifo();
  const reader = open();
  const child = loggerOn(openSync(path, "w"));
  await log(child, { lines: 20, length: 100, exit: true });
  expectAccount(linesIn(drain(reader)), 20, 0);
});
