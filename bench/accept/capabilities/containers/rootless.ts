import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Line } from "../../record.ts";
import { CLOSED, readyLine, STATE_FOLDER, writableIn } from "./alone.ts";
import { SETTINGS } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { untilHealthy } from "./inside.ts";
import { exactly, forTheRecord, Missing, notRun } from "./stage.ts";
import type { Say, Stage } from "./stage.ts";

/** Made for the part, and removed. */
const USER = "combot-rootless";
const HOME = `/var/tmp/${USER}`;
const NAME = "combot";

/** By a user of the machine's who is nobody, with the subordinate ids that useradd gives. */
export async function* rootless(stage: Stage, say: Say): AsyncGenerator<Line> {
  if (spawnSync("newuidmap").error) throw new Missing("newuidmap is not installed (package uidmap)");
  if (existsSync(HOME)) throw new Missing(`${HOME} is there already`);
  execFileSync("useradd", ["--create-home", "--home-dir", HOME, USER]);
  const engine = stage.engine.as(USER, HOME);
  try {
    await furnish(stage, engine, say);
    yield* refused(engine, stage.image);
    say("start");
    yield* run(engine, stage.image);
  } finally {
    await engine.tryTo("system", "reset", "--force");
    // It ends the process that keeps the user's namespaces.
    await engine.tryTo("system", "migrate");
    // By force: a process that has ended counts until somebody has asked for its status.
    execFileSync("userdel", ["--force", "--remove", USER], { stdio: "ignore" });
  }
}

async function furnish({ engine: root, folder, image }: Stage, engine: Engine, say: Say): Promise<void> {
  say(`the image for ${USER}`);
  const settings = join(HOME, ".config/containers");
  mkdirSync(settings, { recursive: true });
  writeFileSync(join(settings, "containers.conf"), SETTINGS);
  // Else each container is a copy of the image where /dev/fuse is root's alone; the kernel's own takes no device.
  writeFileSync(join(settings, "storage.conf"), '[storage]\ndriver = "overlay"\n');
  mkdirSync(join(HOME, "run"));
  const archive = join(folder, "image.tar");
  await root.run("save", "--quiet", "--output", archive, image);
  execFileSync("mv", [archive, join(HOME, "image.tar")]);
  execFileSync("chown", ["--recursive", `${USER}:`, HOME]);
  chmodSync(HOME, 0o700);
  await engine.run("load", "--quiet", "--input", join(HOME, "image.tar"));
}

/** What the machine has to give beside the program: told by name where it does not. */
async function* refused(engine: Engine, image: string): AsyncGenerator<Line> {
  const told = await engine.saidBy(
    "run",
    "--rm",
    "--memory",
    "700m",
    "--network",
    "none",
    "--entrypoint",
    "true",
    image,
  );
  if (told === "") yield forTheRecord("limits", "given");
  else yield notRun("rootless: limits of memory and CPU", told);
  const network = await engine.saidBy("run", "--rm", "--entrypoint", "true", image);
  if (network === "") yield forTheRecord("network", "given");
  else yield notRun("rootless: a network of its own", network);
}

async function* run(engine: Engine, image: string): AsyncGenerator<Line> {
  const fromMs = performance.now();
  await engine.run("run", "--detach", "--name", NAME, ...CLOSED, "--network", "none", image);
  const isReady = await untilHealthy(engine, NAME);
  yield readyLine("rootless: start to ready by HEALTHCHECK, s", isReady ? performance.now() - fromMs : NaN);
  const uids = await engine.run("exec", NAME, "cat", "/proc/self/uid_map");
  const [, outside] = uids.trim().split("\n").at(-1)!.trim().split(/\s+/);
  yield {
    what: "root of the container is root of the machine",
    measured: outside === "0",
    target: "false",
    pass: outside !== "0",
  };
  yield exactly("rootless: folders that can be written to", await writableIn(engine, NAME), STATE_FOLDER);
  await engine.run("exec", NAME, "combot", "classify", "where is my parcel??");
  await engine.run("stop", "--time", "40", NAME);
  yield exactly("rootless: exit status at SIGTERM", await engine.field(NAME, "{{.State.ExitCode}}"), "0");
}
