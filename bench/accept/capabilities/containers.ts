import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageFile } from "../../../src/lib/package-files.ts";
import type { Capability, Line } from "../record.ts";
import { round } from "../statistics.ts";
import { Engine } from "./containers/engine.ts";
import type { Stage } from "./containers/engine.ts";

const READY_LIMIT_SECONDS = 10;
const SIZE_LIMIT_MB = 450;
const STATE_FOLDER = "/var/lib/combot";
const OTHER_USER = "12345:12345";

type Say = (progress: string) => void;

/** The image that npm run image has built, run by Podman as root. */
export const containers: Capability = {
  name: "containers",
  summary: "The image under Podman: its size, its start as any user, what can be written to, its end",
  run: (say) => staged(say, alone),
};

async function* staged(say: Say, part: (stage: Stage, say: Say) => AsyncGenerator<Line>): AsyncGenerator<Line> {
  const { version } = JSON.parse(readFileSync(packageFile("package.json"), "utf8")) as { version: string };
  const folder = mkdtempSync(join(tmpdir(), "combot-containers-"));
  const engine = await Engine.start(folder);
  try {
    yield* part({ engine, folder, image: `localhost/combot:${version}` }, say);
  } finally {
    engine.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** By another uid than the image's own, closed up as far as Podman can. */
async function* alone({ engine, image }: Stage, say: Say): AsyncGenerator<Line> {
  const megabytes = Number(await engine.run("image", "inspect", "--format", "{{.Size}}", image)) / 1e6;
  const target = `at most ${SIZE_LIMIT_MB}`;
  yield { what: "size of the image, MB", measured: round(megabytes, 0), target, pass: megabytes <= SIZE_LIMIT_MB };
  say("start to ready");
  const name = "combot-alone";
  const closed = ["--read-only", "--read-only-tmpfs=false", "--cap-drop", "all", "--security-opt", "no-new-privileges"];
  await engine.tryTo("rm", "--force", "--volumes", name);
  const fromMs = performance.now();
  await engine.run("run", "--detach", "--name", name, ...closed, "--user", OTHER_USER, "--memory", "700m", image);
  try {
    const check = ["exec", name, "/opt/combot/bin/node", "/opt/combot-image/ready.js"];
    while ((await engine.tryTo(...check)) === null && performance.now() - fromMs < 60_000);
    yield seconds(`uid ${OTHER_USER}, read-only: start to ready by HEALTHCHECK, s`, performance.now() - fromMs);
    // Folders that it may not look into end find with 1, and it can't write there either.
    const search = "find / -xdev -type d -writable -not -path '/proc/*' 2>/dev/null || true";
    const found = (await engine.run("exec", name, "sh", "-c", search)).trim().split("\n").join(", ");
    const pass = found === STATE_FOLDER;
    yield { what: "folders that can be written to", measured: found || "none", target: STATE_FOLDER, pass };
    await engine.run("stop", "--time", "40", name);
    const status = (await engine.run("inspect", "--format", "{{.State.ExitCode}}", name)).trim();
    yield { what: "exit status at SIGTERM", measured: status, target: "0", pass: status === "0" };
  } finally {
    await engine.tryTo("rm", "--force", "--volumes", name);
  }
}

function seconds(what: string, ms: number): Line {
  const measured = round(ms / 1000);
  return { what, measured, target: `at most ${READY_LIMIT_SECONDS}`, pass: measured <= READY_LIMIT_SECONDS };
}
