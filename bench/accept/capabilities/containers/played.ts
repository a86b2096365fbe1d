import { setTimeout as delay } from "node:timers/promises";
import type { Line } from "../../record.ts";
import type { Machine } from "../../../../test/support/systemd/machine.ts";
import { readyLine } from "./alone.ts";
import { fieldOn, onDebian13 } from "./debian-13.ts";
import { forPodman, renderOverlay, secretOf } from "./rendered.ts";
import { exactly, Missing } from "./stage.ts";

const NAME = "combot-played";
const CONTAINER = `${NAME}-pod-combot`;
const TOKEN = "the-token-of-a-pod-that-is-played-once-and-removed";
const READY_LIMIT_MS = 60_000;
/** Long enough for a probe that fails to have it restarted. */
const STAYS_MS = 45_000;

/** The overlay by another Podman than `replaced` may have, with a systemd that asks after its health. */
export const played = onDebian13(async function* (machine, _stage, say) {
  const overlay = renderOverlay();
  if (overlay === undefined) throw new Missing("neither kustomize nor kubectl is installed");
  machine.write("/root/secret.yaml", secretOf(TOKEN));
  machine.write("/root/combot.yaml", forPodman(overlay, NAME));
  await machine.sh("podman", "kube", "play", "/root/secret.yaml");
  say("play");
  const fromMs = performance.now();
  await machine.sh("podman", "kube", "play", "/root/combot.yaml");
  yield readyLine(
    "podman kube play of overlays/production: to ready by HEALTHCHECK, s",
    await untilReady(machine, fromMs),
  );
  yield* stays(machine);
  await machine.sh("podman", "stop", "--time", "40", CONTAINER);
  yield exactly("exit status at SIGTERM", await fieldOn(machine, CONTAINER, "{{.State.ExitCode}}"), "0");
});

async function untilReady(machine: Machine, fromMs: number): Promise<number> {
  const check = ["podman", "exec", CONTAINER, "node", "/opt/combot-image/ready.js"];
  for (; performance.now() - fromMs < READY_LIMIT_MS; await delay(100))
    if ((await machine.run(check)).status === 0) return performance.now() - fromMs;
  return NaN;
}

async function* stays(machine: Machine): AsyncGenerator<Line> {
  const token = await machine.sh("podman", "exec", CONTAINER, "cat", "/run/secrets/combot-token");
  yield exactly("its user reads the token", String(token === TOKEN), "true");
  await delay(STAYS_MS);
  const found = await fieldOn(machine, CONTAINER, "{{.State.Status}}, {{.RestartCount}}");
  yield exactly(`after ${STAYS_MS / 1000} s: state, restarts`, found, "running, 0");
}
