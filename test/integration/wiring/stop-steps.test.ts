import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SHUTDOWN = fileURLToPath(new URL("../../../src/daemon/wiring/shutdown.ts", import.meta.url));

/** A process that stops itself with these steps, each a line of JavaScript; what it printed, and how it ended. */
function stopWith(drain: readonly string[], keep: readonly string[]) {
  const steps = (lines: readonly string[]): string =>
    `[${lines.map((line, at) => `["s${at}", async () => { ${line} }]`).join(",")}]`;
  const program = `
    const { stopOnSignal } = await import(${JSON.stringify(SHUTDOWN)});
    const say = (_, what) => console.log(what);
    const log = { info: (fields, what) => console.log(what ?? fields), warn: say, error: say };
    stopOnSignal(["SIGTERM"], log, { announce: async () => {}, drain: ${steps(drain)}, keep: ${steps(keep)} });
    process.kill(process.pid, "SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 50));`;
  const { status, stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  return { status, said: stdout.trim().split("\n").slice(1) };
}

const UNREFERENCED = "await new Promise((resolve) => setTimeout(resolve, 300).unref());";

test("steps that wait for what keeps no loop alive are done to the end", () => {
  const ended = stopWith([`${UNREFERENCED} console.log("drained")`], [`${UNREFERENCED} console.log("kept")`]);
  expect(ended).toEqual({ status: 0, said: ["drained", "kept", "stopped"] });
});

test("a step that fails is told, and keeps none of the others from being done", () => {
  const ended = stopWith([`throw new Error("a")`, `console.log("drained")`], [`console.log("kept")`]);
  expect(ended).toEqual({ status: 1, said: ["stopping failed in part", "drained", "kept", "stopped"] });
});
