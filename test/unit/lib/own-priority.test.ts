import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const OWN_PRIORITY = fileURLToPath(new URL("../../../src/lib/own-priority.ts", import.meta.url));
const PROGRAM = `
  const { takeWhatOthersLeave } = await import(${JSON.stringify(OWN_PRIORITY)});
  takeWhatOthersLeave();
  // Its threads, which it had before, and a child.
  const { readdirSync, readFileSync } = await import("node:fs");
  const { execFileSync } = await import("node:child_process");
  const stat = (path) => readFileSync(path, "latin1").split(") ")[1].split(" ");
  const all = [...readdirSync("/proc/self/task").map((task) => stat("/proc/self/task/" + task + "/stat"))];
  all.push(execFileSync("/bin/cat", ["/proc/self/stat"]).toString().split(") ")[1].split(" "));
  // proc_pid_stat(5): fields 19 and 41, of which two are before the bracket.
  console.log(JSON.stringify(all.map((fields) => [Number(fields[16]), Number(fields[38])])));
`;

/** Of each of its threads and of a child: nice value and scheduling class. */
function classes(path: string | undefined): [number, number][] {
  const args = ["--input-type=module", "--eval", PROGRAM];
  const env = { ...process.env, PATH: path };
  return JSON.parse(execFileSync(process.execPath, args, { env, encoding: "utf8" })) as [number, number][];
}

test("who takes what others leave has the lowest priority and the kernel's idle class, with its threads and children", () => {
  const all = classes(process.env["PATH"]);
  expect(all.length).toBeGreaterThan(2);
  // 5 is SCHED_IDLE.
  for (const each of all) expect(each).toEqual([19, 5]);
});

test("where nobody can ask for that class, the lowest priority is what there is", () => {
  const all = classes("/nowhere");
  expect(all.length).toBeGreaterThan(2);
  for (const each of all) expect(each).toEqual([19, 0]);
});
