import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { packageFile } from "../../../../src/lib/package-files.ts";
import type { Machine } from "../../../../test/support/systemd/machine.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { readyLine } from "./alone.ts";
import { fieldOn, onDebian13 } from "./debian-13.ts";
import { exactly } from "./stage.ts";

const FILES = ["combot.container", "combot.volume"];
const SYSTEMD_FOLDER = "/etc/containers/systemd";
const MADE = "/run/systemd/generator/combot.service";
const BACK_LIMIT_SECONDS = 30;
const STOP_LIMIT_SECONDS = 50;

/** As deploy/quadlet/README.md has it. */
export const quadlet = onDebian13(async function* (machine, _stage, say) {
  for (const file of FILES)
    machine.write(`${SYSTEMD_FOLDER}/${file}`, readFileSync(packageFile(`deploy/quadlet/${file}`), "utf8"));
  await machine.sh("sh", "-c", "head -c 32 /dev/urandom | base64 | podman secret create combot-token -");
  yield* made(machine);
  say("start");
  yield* started(machine);
  say("kill");
  yield* killed(machine);
  say("stop");
  yield* stopped(machine);
  yield* refused(machine);
});

async function* made(machine: Machine): AsyncGenerator<Line> {
  await machine.sh("systemctl", "daemon-reload");
  const { status, stdout, stderr } = await machine.run(["systemd-analyze", "verify", "--man=no", MADE]);
  const said = `${stdout}${stderr}`.trim();
  yield exactly("systemd-analyze verify of the unit that Quadlet makes", said || status || "accepted", "accepted");
}

async function* started(machine: Machine): AsyncGenerator<Line> {
  const fromMs = performance.now();
  await machine.sh("systemctl", "start", "combot");
  yield readyLine("systemctl start to started, s", performance.now() - fromMs);
  const token = await machine.sh("podman", "exec", "combot", "cat", "/run/secrets/combot-token");
  // It is started once it takes calls: the first ones wait for the model's trial, until which /readyz has them sent elsewhere.
  const json = ["-H", "content-type: application/json", "-d", '{"text":"where is my parcel??"}'];
  const authorized = ["-H", `authorization: Bearer ${token}`, ...json];
  yield exactly("a call with the token, at once", await curl(machine, "/api/classify/", ...authorized), "200");
  yield exactly("a call without", await curl(machine, "/api/classify/", ...json), "401");
  const status = await machine.sh("podman", "exec", "combot", "cat", "/proc/1/status");
  const told = ["Uid", "CapBnd", "NoNewPrivs"].map((name) => new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(status)?.[1]);
  yield exactly("uid, capabilities, no new privileges", told.join(", "), `65532, ${"0".repeat(16)}, 1`);
  const limit = Number(await fieldOn(machine, "combot", "{{.HostConfig.Memory}}"));
  yield exactly("limit of memory, GiB", limit / 2 ** 30, 1);
}

async function* killed(machine: Machine): AsyncGenerator<Line> {
  const pid = await fieldOn(machine, "combot", "{{.State.Pid}}");
  const fromMs = performance.now();
  await machine.sh("sh", "-c", `kill -9 ${pid}`);
  while ((await machine.property("combot", "NRestarts")) === "0" && performance.now() - fromMs < 60_000)
    await delay(50);
  while ((await curl(machine, "/readyz")) !== "200" && performance.now() - fromMs < 60_000) await delay(50);
  const seconds = round((performance.now() - fromMs) / 1000);
  const target = `at most ${BACK_LIMIT_SECONDS}`;
  yield { what: "killed: back after, s", measured: seconds, target, pass: seconds <= BACK_LIMIT_SECONDS };
  yield exactly("restarts by systemd", await machine.property("combot", "NRestarts"), "1");
}

async function* stopped(machine: Machine): AsyncGenerator<Line> {
  const fromMs = performance.now();
  await machine.sh("systemctl", "stop", "combot");
  const seconds = round((performance.now() - fromMs) / 1000);
  const target = `at most ${STOP_LIMIT_SECONDS}`;
  yield { what: "systemctl stop, s", measured: seconds, target, pass: seconds <= STOP_LIMIT_SECONDS };
  yield exactly("how it ended, as systemd has it", await machine.property("combot", "Result"), "success");
  const drained = (await machine.journal("combot")).includes('"msg":"stopped"');
  yield exactly("it drained", String(drained), "true");
}

/** RestartPreventExitStatus. */
async function* refused(machine: Machine): AsyncGenerator<Line> {
  const path = `${SYSTEMD_FOLDER}/combot.container`;
  machine.write(path, machine.read(path).replace("Environment=DRAIN_DELAY=5", "Environment=DRAIN_DELAY=long"));
  await machine.sh("systemctl", "daemon-reload");
  await machine.run(["systemctl", "start", "combot"]);
  await delay(1000);
  const properties = ["ActiveState", "ExecMainStatus", "NRestarts"];
  const found = await Promise.all(properties.map((name) => machine.property("combot", name)));
  yield exactly("a bad setting: state, exit status, restarts", found.join(", "), "failed, 2, 0");
}

async function curl(machine: Machine, path: string, ...options: readonly string[]): Promise<string> {
  const write = ["--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--max-time", "5"];
  return (await machine.run(["curl", ...write, ...options, `http://localhost:8181${path}`])).stdout;
}
