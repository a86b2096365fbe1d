// A deploy that dies: node killed-run.ts PROGRAM DESCRIPTION START [LAST-STEP]
// PROGRAM is the packed folder, DESCRIPTION a file that keeps what it holds, START whether units are started. With
// LAST-STEP the process kills itself with SIGKILL right after that step, else it goes on to the end. Tells the steps.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder = "", description = "", start = "", lastStep = ""] = process.argv.slice(2);

const { prepareDeployOf } = (await import(
  join(folder, "dist/lib/deploy/preparation.js")
)) as typeof import("../../../src/lib/deploy/preparation.ts");
const { applyPlan } = (await import(
  join(folder, "dist/lib/deploy/apply.js")
)) as typeof import("../../../src/lib/deploy/apply.ts");
const { withDeployLock } = (await import(
  join(folder, "dist/lib/deploy/lock.js")
)) as typeof import("../../../src/lib/deploy/lock.ts");
const { stepInWords } = (await import(
  join(folder, "dist/lib/deploy/steps.js")
)) as typeof import("../../../src/lib/deploy/steps.ts");

await withDeployLock(async () => {
  const request = {
    rootFolder: "/",
    wishes: { profile: "auto" as const },
    secrets: {},
    start: start === "start",
    disablePackagedRedis: false,
    user: "a test",
  };
  const work = await prepareDeployOf(await describe(), request, () => true);
  let from = performance.now();
  await applyPlan(work, {
    onStep: () => undefined,
    onDone: (step, index) => {
      const words = stepInWords(step);
      process.stdout.write(`${words}\n`);
      if (process.env["TIMES"]) console.error(Math.round(performance.now() - from), words);
      from = performance.now();
      if (words === lastStep) process.kill(process.pid, "SIGKILL");
    },
  });
});

async function describe() {
  const { describeProgram } = (await import(
    join(folder, "dist/lib/deploy/program-files.js")
  )) as typeof import("../../../src/lib/deploy/program-files.ts");
  if (!existsSync(description)) writeFileSync(description, JSON.stringify(describeProgram(folder)));
  return JSON.parse(readFileSync(description, "utf8")) as ReturnType<typeof describeProgram>;
}
