import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { beforeAll, describe, expect, test } from "vitest";
import { CombotError } from "../../../src/lib/errors.ts";
import type { ClassifyRequest } from "../../../src/lib/protocol/classify.ts";
import { MIB } from "../../../src/lib/units.ts";
import { finish, requireBuild, runCli, startCli } from "./cli-process.ts";
import { type Asked, echo, startFakeDaemon } from "./fake-daemon.ts";

beforeAll(requireBuild);

/** Echoes, but for a text "bad", of which it complains as the daemon does. */
function echoOrComplain(asked: Asked) {
  const { texts = [] } = asked.body as ClassifyRequest;
  const index = texts.indexOf("bad");
  if (index >= 0) throw new CombotError("POISON_TEXT", `text ${index} ends its worker`, { index });
  return echo(asked);
}

function lineOf(index: number): string {
  return `${index} `.padEnd(1024, "x");
}

function peakBytes(pid: number | undefined): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) * 1024;
}

describe("classify -", () => {
  test("has a line out for each line in, and ends with 4 if one failed", async () => {
    const { socket } = await startFakeDaemon({ classify: echoOrComplain });
    const input = "one\n\nbad\r\ntwo\n \nthree";
    const { status, stdout, stderr } = await runCli(["classify", "-", "--socket", socket], { input });
    expect(stdout).toBe(
      [
        "one\t0.5000",
        "!INVALID_TEXT\tThe line is empty.",
        "!POISON_TEXT\ttext 1 ends its worker",
        "two\t0.5000",
        "!INVALID_TEXT\tThe line is empty.",
        "three\t0.5000",
        "",
      ].join("\n"),
    );
    expect({ status, stderr }).toEqual({ status: 4, stderr: "3 of 6 lines failed.\n" });
  });

  test("says so where standard input is a folder", async () => {
    const folder = openSync(tmpdir(), "r");
    const child = startCli(["classify", "-"], { stdio: [folder, "pipe", "pipe"] });
    closeSync(folder);
    const { status, stdout, stderr } = await finish(child);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("Standard input is a folder: give a file of lines, or a pipe.");
  });

  test("takes lines with a tab for pairs where it is told to", async () => {
    const { socket, calls } = await startFakeDaemon();
    const input = "one\ttwo\tthree\nfour\n";
    await runCli(["classify", "-", "--pairs", "--socket", socket], { input });
    await runCli(["classify", "-", "--socket", socket], { input });
    expect(calls.map(({ body }) => (body as ClassifyRequest).texts)).toEqual([
      [{ text: "one", textPair: "two\tthree" }, "four"],
      ["one\ttwo\tthree", "four"],
    ]);
  });

  test("has no more lines in a call than their labels allow", async () => {
    const { socket, calls } = await startFakeDaemon();
    const labels = Array.from({ length: 50 }, (_, at) => `l${at}`).join(",");
    const input = "line\n".repeat(50);
    const { stdout } = await runCli(["classify", "-", "--labels", labels, "--socket", socket], { input });
    expect(calls.map(({ body }) => (body as ClassifyRequest).texts?.length)).toEqual([20, 20, 10]);
    expect(stdout).toBe("line\t0.5000\n".repeat(50));
  });

  test("prints lines of JSON under --json", async () => {
    const { socket } = await startFakeDaemon();
    const { status, stdout } = await runCli(["classify", "-", "--json", "--socket", socket], { input: "one\n\n" });
    const lines = stdout.trimEnd().split("\n");
    expect(status).toBe(4);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchSnapshot();
  });

  test("of no input is no output", async () => {
    const { socket, calls } = await startFakeDaemon();
    expect(await runCli(["classify", "-", "--socket", socket], { input: "" })).toMatchObject({ status: 0, stdout: "" });
    expect(calls).toEqual([]);
  });

  test("waits out a full queue", async () => {
    let refusals = 3;
    const { socket } = await startFakeDaemon({
      classify: (asked) => {
        refusals -= 1;
        if (refusals >= 0) throw new CombotError("QUEUE_FULL", "full", { retryAfterSeconds: 0 });
        return echo(asked);
      },
    });
    const { status, stdout } = await runCli(["classify", "-", "--socket", socket], { input: "one\n" });
    expect({ status, stdout, refusals }).toEqual({ status: 0, stdout: "one\t0.5000\n", refusals: -1 });
  });

  test("answers a slow writer line by line, and lives through a restart of the daemon", async () => {
    const first = await startFakeDaemon();
    const child = startCli(["classify", "-", "--socket", first.socket], { stdio: "pipe" });
    const lines = createInterface({ input: child.stdout ?? Readable.from([]) })[Symbol.asyncIterator]();
    child.stdin?.write("one\n");
    expect(await lines.next()).toMatchObject({ value: "one\t0.5000" });
    await first.stop();
    child.stdin?.write("two\n");
    await startFakeDaemon({}, first.socket);
    expect(await lines.next()).toMatchObject({ value: "two\t0.5000" });
    child.stdin?.end();
    expect(await once(child, "close")).toEqual([0, null]);
  });

  test("ends without the end of its input, and with what came before, when the daemon can't go on", async () => {
    const { socket } = await startFakeDaemon({
      classify: (asked) => {
        if ((asked.body as ClassifyRequest).texts?.includes("two")) throw new CombotError("MODEL_UNAVAILABLE", "gone");
        return echo(asked);
      },
    });
    const child = startCli(["classify", "-", "--json", "--socket", socket], { stdio: "pipe" });
    const ended = finish(child);
    child.stdout?.once("data", () => child.stdin?.write("two\n"));
    child.stdin?.write("one\n");
    const { status, stdout } = await ended;
    expect(status).toBe(4);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { label: "one", score: 0.5, cached: false },
      { error: expect.objectContaining({ code: "MODEL_UNAVAILABLE", detail: "gone" }) },
    ]);
  });

  test("keeps order and memory over 200,000 lines", { timeout: 120_000 }, async () => {
    const { socket } = await startFakeDaemon();
    const total = 200_000;
    const child = startCli(["classify", "-", "--socket", socket], { stdio: ["pipe", "pipe", "inherit"] });
    const ended = once(child, "close");
    const input = Readable.from(
      (function* chunks() {
        for (let index = 0; index < total; index += 100) {
          yield Array.from({ length: 100 }, (_, offset) => `${lineOf(index + offset)}\n`).join("");
        }
      })(),
    );
    input.pipe(child.stdin ?? process.stdout);
    let count = 0;
    let early = 0;
    let late = 0;
    for await (const line of createInterface({ input: child.stdout ?? Readable.from([]) })) {
      if (line !== `${lineOf(count)}\t0.5000`) throw new Error(`line ${count} is ${line.slice(0, 60)}`);
      count += 1;
      if (count === total / 2) early = peakBytes(child.pid);
      // The last lines come out when the child may have ended already.
      if (count === total - 20_000) late = peakBytes(child.pid);
    }
    expect(await ended).toEqual([0, null]);
    expect(count).toBe(total);
    // 80 MB went in and as much came out in between.
    expect(late - early).toBeLessThan(24 * MIB);
  });

  test("ends quietly when its reader has gone", async () => {
    const { socket } = await startFakeDaemon();
    const child = startCli(["classify", "-", "--socket", socket], { stdio: "pipe" });
    const ended = finish(child);
    const lines = (function* endless() {
      for (;;) yield "hello\n".repeat(1000);
    })();
    const input = Readable.from(lines);
    input.on("error", () => {});
    child.stdin?.on("error", () => input.destroy());
    input.pipe(child.stdin ?? process.stdout);
    child.stdout?.once("data", () => child.stdout?.destroy());
    const [status, stderr] = await Promise.all([
      once(child, "exit"),
      child.stderr
        ? ended.then(
            (e) => e.stderr,
            () => "",
          )
        : "",
    ]);
    expect({ status, stderr }).toEqual({ status: [0, null], stderr: "" });
  });
});
