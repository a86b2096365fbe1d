import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { untilHealthy } from "./inside.ts";
import type { Say, Stage } from "./stage.ts";
import { exactly } from "./stage.ts";

export const READY_LIMIT_SECONDS = 10;
const SIZE_LIMIT_MB = 450;
export const STATE_FOLDER = "/var/lib/combot";
export const OTHER_USER = "12345:12345";

/** Closed up as far as Podman can. */
export const CLOSED = [
  "--read-only",
  "--read-only-tmpfs=false",
  "--cap-drop",
  "all",
  "--security-opt",
  "no-new-privileges",
];

/** By another uid than the image's own. */
export async function* alone({ engine, image }: Stage, say: Say): AsyncGenerator<Line> {
  const megabytes = Number(await engine.run("image", "inspect", "--format", "{{.Size}}", image)) / 1e6;
  const target = `at most ${SIZE_LIMIT_MB}`;
  yield { what: "size of the image, MB", measured: round(megabytes, 0), target, pass: megabytes <= SIZE_LIMIT_MB };
  say("start to ready");
  const name = "combot-alone";
  await engine.tryTo("rm", "--force", "--volumes", name);
  const fromMs = performance.now();
  await engine.run("run", "--detach", "--name", name, ...CLOSED, "--user", OTHER_USER, "--memory", "700m", image);
  try {
    const isReady = await untilHealthy(engine, name);
    const tookMs = isReady ? performance.now() - fromMs : NaN;
    yield readyLine(`uid ${OTHER_USER}, read-only: start to ready by HEALTHCHECK, s`, tookMs);
    yield exactly("folders that can be written to", await writableIn(engine, name), STATE_FOLDER);
    await engine.run("stop", "--time", "40", name);
    yield exactly("exit status at SIGTERM", await engine.field(name, "{{.State.ExitCode}}"), "0");
  } finally {
    await engine.tryTo("rm", "--force", "--volumes", name);
  }
}

/** Below the state folder all is its own. Folders that it may not look into end find with 1, and it can't write there. */
export async function writableIn(engine: Stage["engine"], container: string): Promise<string> {
  const apart = ["/proc/*", `${STATE_FOLDER}/*`].map((path) => `-not -path '${path}'`).join(" ");
  const search = `find / -xdev -type d -writable ${apart} 2>/dev/null || true`;
  const found = await engine.run("exec", container, "sh", "-c", search);
  return found.trim().split("\n").join(", ") || "none";
}

export function readyLine(what: string, ms: number): Line {
  const measured = round(ms / 1000);
  return { what, measured, target: `at most ${READY_LIMIT_SECONDS}`, pass: measured <= READY_LIMIT_SECONDS };
}
