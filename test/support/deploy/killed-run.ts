// One deploy, which may die: node killed-run.ts PROGRAM DESCRIPTION start|no-start [LAST-STEP]
// PROGRAM is the packed folder, DESCRIPTION a file that keeps what it holds for the next run. With LAST-STEP the process
// kills itself with SIGKILL right after that step; else it goes on to the end. Prints the plan's steps and what they left.
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const SMALL_BYTES = 100_000;

type Lib = "preparation" | "apply" | "lock" | "steps" | "program-files";

const [folder = "", description = "", start = "", lastStep = ""] = process.argv.slice(2);

/** A module of the packed program's. */
const load = (name: Lib): Promise<unknown> => import(join(folder, `dist/lib/deploy/${name}.js`));

const { prepareDeployOf } = (await load("preparation")) as typeof import("../../../src/lib/deploy/preparation.ts");
const { applyPlan } = (await load("apply")) as typeof import("../../../src/lib/deploy/apply.ts");
const { withDeployLock } = (await load("lock")) as typeof import("../../../src/lib/deploy/lock.ts");
const { stepInWords } = (await load("steps")) as typeof import("../../../src/lib/deploy/steps.ts");

const steps = await withDeployLock(async () => {
  const request = {
    rootFolder: "/",
    wishes: { profile: "auto" as const },
    secrets: {},
    start: start === "start",
    disablePackagedRedis: false,
    user: "a test",
  };
  const work = await prepareDeployOf(await describe(), request, () => true);
  await applyPlan(work, {
    onStep: () => undefined,
    onDone: (step) => {
      if (stepInWords(step) === lastStep) process.kill(process.pid, "SIGKILL");
    },
  });
  return work.plan.steps.map(stepInWords);
});
process.stdout.write(JSON.stringify({ steps, left: left() }));

async function describe() {
  const { describeProgram } = (await load(
    "program-files",
  )) as typeof import("../../../src/lib/deploy/program-files.ts");
  if (!existsSync(description)) writeFileSync(description, JSON.stringify(lighten(describeProgram(folder))));
  return JSON.parse(readFileSync(description, "utf8")) as ReturnType<typeof describeProgram>;
}

/** Where nothing is started nobody runs it: what is large is left out, and Node has a small stand-in. */
function lighten<P extends { readonly files: readonly { readonly to: string; readonly bytes: number }[] }>(
  program: P,
): P {
  if (start === "start") return program;
  const small = program.files.filter(({ bytes }) => bytes < SMALL_BYTES);
  const node = program.files.filter(({ to }) => to === "bin/node").map((file) => ({ ...file, from: "/bin/true" }));
  return { ...program, files: [...small, ...node] };
}

/** Every path of ours with its mode, owner and SHA-256. Secrets are random: they, and what is made of them, by name. */
function left(): readonly string[] {
  const names = new Map<string, string>();
  const credentials = "/etc/combot/credentials";
  for (const name of readdirSync(credentials)) {
    const secret = readFileSync(join(credentials, name), "utf8");
    for (const text of [secret, secret.trim()]) names.set(digestOf(text), `digest of ${name}`).set(text, name);
  }
  const withNames = (text: string): string => {
    let named = text;
    for (const [secret, name] of names) named = named.replaceAll(secret, name);
    return named;
  };
  const describePath = (path: string): string => {
    const { mode, uid, gid } = lstatSync(path);
    const isLink = lstatSync(path).isSymbolicLink();
    const content = isLink ? readlinkSync(path) : digestOf(withNames(readFileSync(path, "utf8")));
    return `${mode.toString(8)} ${uid}:${gid} ${path} ${content}`;
  };
  const acl = "/etc/combot/redis.acl";
  names.set(digestOf(readFileSync(acl, "utf8")), "digest of redis.acl");
  const paths = ["/etc/combot", "/etc/systemd/system", "/etc/sysusers.d", "/etc/tmpfiles.d", "/var/lib/combot/deploy"];
  const found = paths.flatMap((path) =>
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const ours = found.filter((path) => path.includes("combot")).toSorted();
  const isRecord = (path: string): boolean => path.includes("/generations/");
  return [
    ...ours.filter((path) => !isRecord(path)).map(describePath),
    ...ours.filter(isRecord).map(describeRecord),
    `current ${readlinkSync("/opt/combot/current")}`,
    `combot ${readlinkSync("/usr/local/bin/combot")}`,
    `releases ${readdirSync("/opt/combot/releases").join(" ")}`,
  ];
}

/** A record of what was there before: it has to be of the bare machine, whenever the run that saved it was killed. */
function describeRecord(path: string): string {
  if (!path.endsWith(".json")) return path;
  const { files, current } = JSON.parse(readFileSync(path, "utf8")) as { files: object; current: unknown };
  const there = Object.entries(files).filter(([, state]) => state !== null);
  return `${path} ${JSON.stringify({ there: there.map(([name]) => name), current })}`;
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
