import { existsSync } from "node:fs";
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { CombotError, messageOf, systemCodeOf } from "../../errors.ts";
import { hangLimitMs } from "../../slowness.ts";
import { type Check, fail, type Finding, ok, warn } from "../check.ts";
import { SERVICE, SOCKET } from "../../unit-names.ts";
import type { Health } from "../../protocol/health.ts";
import { isNewer, versionGap } from "../../version-gap.ts";
import { VERSION } from "../../version.ts";
import { forgetFailures, type Probe } from "../probe.ts";

const SOCKET_MODE = 0o660;

/** The command that brings a daemon up here. */
async function startCommand(probe: Probe): Promise<string> {
  if (!(await probe.unit(SERVICE))) return "combot daemon";
  return `${await forgetFailures(probe, [SERVICE, SOCKET])}systemctl restart ${SERVICE}`;
}

async function health(probe: Probe): Promise<Finding> {
  try {
    const { status, checks } = await probe.health();
    const details = Object.entries(checks).map(([name, check]) => `${name}: ${check.status}, ${check.detail}`);
    if (status === "ok") return ok("ok", details);
    const worst = Object.entries(checks).find(([, check]) => check.status === status);
    const found = `${status}: ${worst?.[0]}: ${worst?.[1].detail}`;
    if (status === "degraded") return warn(found, "combot logs -n 50", details);
    return fail(found, worst?.[0] === "model" ? "combot model load" : await startCommand(probe), details);
  } catch (error) {
    if (isDenied(error)) return warn(`not known: ${messageOf(error)}`, "sudo combot doctor");
    return fail(messageOf(error), await startCommand(probe));
  }
}

/** A socket that this user may not open says nothing of who is behind it. */
function isDenied(error: unknown): boolean {
  return error instanceof CombotError && ["EACCES", "EPERM"].includes(systemCodeOf(error.cause) ?? "");
}

async function sockets(probe: Probe): Promise<Finding> {
  const paths = [probe.socketPath, probe.controlPath];
  const missing = paths.filter((path) => !existsSync(path));
  if (missing.length > 0) {
    const hasUnit = (await probe.unit(SOCKET)) !== null;
    const reset = await forgetFailures(probe, [SERVICE, SOCKET]);
    const again = `${reset}systemctl stop ${SOCKET} && systemctl start ${SERVICE}`;
    const command = hasUnit ? again : await startCommand(probe);
    return fail(`not there: ${missing.join(", ")}`, command);
  }
  const states = await Promise.all(paths.map(async (path) => ({ path, mode: (await lstat(path)).mode & 0o777 })));
  const open = states.filter(({ mode }) => mode !== SOCKET_MODE);
  const shown = states.map(({ path, mode }) => `${path} 0${mode.toString(8)}`).join(", ");
  if (open.length === 0) return ok(shown);
  return fail(shown, `chmod 0660 ${open.map(({ path }) => path).join(" ")}`);
}

/** Of the folder that is served, whoever chose it. */
async function model(probe: Probe): Promise<Finding> {
  const { chosen, dir, file, weights } = (await probe.health()).model;
  if (chosen.by === "bundled") return ok("the bundled model");
  const missing = ["config.json", "tokenizer.json", file].filter((name) => !existsSync(join(dir, name)));
  if (missing.length > 0) return fail(`${dir} lacks ${missing.join(", ")}`, `combot model check ${dir}`);
  return weightsOf(dir, weights);
}

/** A small model has nothing to share, and one that was not loaded yet nothing to tell. */
function weightsOf(dir: string, { file, reason }: Health["model"]["weights"]): Finding {
  if (reason !== null) return warn(`${dir}, workers load the plain file: ${reason}`, `combot model check ${dir}`);
  const words = {
    prepared: "weights prepared",
    small: "not prepared: below 4 MiB, nothing to share",
    plain: "not prepared",
    untried: "not loaded yet",
  };
  return ok(`${dir}, ${words[file]}`);
}

/** The default one has a check of its own. */
async function models(probe: Probe): Promise<Finding> {
  const { models: all, dir } = await probe.client.call("models", { timeoutMs: hangLimitMs(4000), absenceMs: 0 });
  const named = all.filter((one) => !one.default);
  if (named.length === 0) return ok(dir === null ? "the default one alone" : `none in ${dir}`);
  const details = named.map(({ name, state, reason }) => `${name}: ${state}${reason === null ? "" : `, ${reason}`}`);
  const failed = named.filter(({ state }) => state === "failed");
  if (failed.length === 0) return ok(named.map(({ name }) => name).join(", "), details);
  const found = `${failed.length} of ${named.length} can't be served: ${failed.map(({ name }) => name).join(", ")}`;
  return warn(found, "combot model list", details);
}

/** A release that was switched to without a restart, or a command from elsewhere. */
async function versions(probe: Probe): Promise<Finding> {
  const found = await probe.health().catch(() => null);
  if (!found) return ok(`${VERSION}; no daemon to compare it with`);
  const { version } = found;
  const gap = versionGap(VERSION, version);
  if (gap === null) return ok(`${version}, command and daemon`);
  // Only a newer one is the daemon's to take up.
  return warn(gap, isNewer(VERSION, version) ? await takeUpCommand(probe) : "npm install --global combot");
}

/** A restart alone would run the release that was deployed. */
async function takeUpCommand(probe: Probe): Promise<string> {
  if (await probe.unit(SERVICE)) return "combot deploy --yes";
  const pid = await probe.client.call("processStatus", { timeoutMs: 4000, absenceMs: 0 }).then(
    ({ daemon }) => daemon.pid,
    () => "PID",
  );
  return `kill ${pid} && combot daemon`;
}

export const SERVICE_CHECKS: readonly Check[] = [
  {
    name: "health",
    meaning: "Whether the daemon answers, and what it says of itself.",
    cause: "It is down, hangs, still loads, or could not load its model.",
    run: health,
  },
  {
    name: "versions",
    meaning: "Whether this command and the daemon are of one version.",
    cause:
      "The package was updated and the daemon not restarted or deployed, or this combot is another than the machine's.",
    run: versions,
  },
  {
    name: "sockets",
    meaning: "Whether both sockets are there with mode 0660: others than their groups must not connect.",
    cause: "Removed, or opened by hand for want of a group membership.",
    run: sockets,
  },
  {
    name: "model",
    meaning: "Whether the model's folder is whole and its weights prepared.",
    cause: "Files moved or removed after the daemon was started.",
    run: model,
  },
  {
    name: "models",
    meaning: "Whether each model beside the default one can be served.",
    cause:
      "A folder in COMBOT_MODELS_DIR that lacks a file or holds a broken one, or workers that do not come to serve.",
    run: models,
  },
];
