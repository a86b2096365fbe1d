import { formatBytes } from "../units.ts";
import type { Facts, Holder, Release, Wishes } from "./facts.ts";
import type { NodeFault } from "./node-binary.ts";
import { PATHS } from "./paths.ts";
import { redisPackage } from "./redis-config.ts";
import { shortageOf, sizesFor } from "./sizes.ts";

/** One thing that stands in the way, and the command that mends it. */
export interface PreflightFault {
  readonly check: string;
  readonly found: string;
  readonly mend: string;
}

export interface PreflightOptions {
  readonly release: Release;
  /** Whether this run needs the right to change the machine. */
  readonly needsRoot: boolean;
  /** Why the model can't be served; null where it can. */
  readonly modelFault: string | null;
  /** Why root may not run this Node; null where it may. */
  readonly nodeFault: NodeFault | null;
  /** Another Redis is named, so that none is managed. */
  readonly hasOtherRedis: boolean;
  /** Unit that this run will disable, which may hold our port. */
  readonly disable: string | null;
  /** Files that the daemon's unit takes as credentials, and that are not there. */
  readonly missingCredentials: readonly string[];
}

const OLDEST_SYSTEMD = 249;
/** Units by which the distributions' packages start a server of their own. */
const PACKAGED = ["redis-server.service", "redis.service", "redis6.service", "valkey.service", "valkey-server.service"];
/** Beside the new release there has to be room for the generation and the state folder. */
const SPARE_BYTES = 64 * 1024 * 1024;

export function isPackagedUnit(unit: string | null | undefined): boolean {
  return PACKAGED.includes(unit ?? "");
}

/** All that would make a deploy fail, found before anything is changed. Pure. */
export function findPreflightFaults(
  facts: Facts,
  wishes: Wishes,
  options: PreflightOptions,
): readonly PreflightFault[] {
  const managed = wishes.redis === "managed" && !options.hasOtherRedis;
  return [
    ...(options.needsRoot && !facts.isRoot
      ? [fault("root", "this user may not change the machine", "sudo combot deploy")]
      : []),
    ...systemdFaults(facts),
    ...(managed ? redisFaults(facts, wishes, options.disable) : []),
    ...memoryFaults(facts, wishes),
    ...(options.modelFault === null
      ? []
      : [fault("model", options.modelFault, `combot model check ${wishes.modelDir ?? ""}`.trim())]),
    ...(options.nodeFault === null ? [] : [fault("node", options.nodeFault.found, options.nodeFault.mend)]),
    ...modelPlaceFaults(wishes.modelDir),
    ...(facts.listenHolder ? [listenFault(facts.listenHolder)] : []),
    ...options.missingCredentials.map(credentialFault),
    ...facts.byHand.map(byHandFault),
    ...roomFaults(facts, options.release),
  ];
}

function fault(check: string, found: string, mend: string): PreflightFault {
  return { check, found, mend };
}

function systemdFaults({ systemdVersion, distribution }: Facts): PreflightFault[] {
  const upgrade = "run a distribution with systemd 249 or later: Debian 12, Ubuntu 22.04, Amazon Linux 2023";
  if (systemdVersion === null)
    return [fault("systemd", `systemd does not run ${distribution.name || "this machine"}`, upgrade)];
  return systemdVersion >= OLDEST_SYSTEMD ? [] : [fault("systemd", `systemd ${systemdVersion} is too old`, upgrade)];
}

function redisFaults(
  { redis, portHolder, distribution }: Facts,
  { redisPort }: Wishes,
  disable: string | null,
): PreflightFault[] {
  const missing = fault("redis", "neither Valkey nor Redis is installed", redisPackage(distribution.id).command);
  const taken =
    portHolder && (disable === null || portHolder.unit !== disable) ? [portFault(portHolder, redisPort)] : [];
  return [...(redis ? [] : [missing]), ...taken];
}

function portFault(holder: Holder, port: number): PreflightFault {
  const found = `port ${port} is held by ${inWords(holder)}`;
  return isPackagedUnit(holder.unit)
    ? fault("redis port", `${found}, which installing the package started`, "combot deploy --disable-packaged-redis")
    : fault("redis port", found, "combot deploy --redis-port 0, or another port");
}

function listenFault(holder: Holder): PreflightFault {
  const found = `the port of COMBOT_LISTEN is held by ${inWords(holder)}`;
  return fault("TCP port", found, `name another port in ${PATHS.env}`);
}

function credentialFault(path: string): PreflightFault {
  return fault("credential", `${PATHS.env} names it, and ${path} is not there`, `install -m 0600 YOUR-FILE ${path}`);
}

function inWords({ pid, command, unit }: Holder): string {
  const who = pid > 0 ? `process ${pid} (${command})` : command;
  return unit === null ? who : `${unit}, ${who}`;
}

function memoryFaults({ machine }: Facts, { profile }: Wishes): PreflightFault[] {
  const short = shortageOf(sizesFor(profile, machine.memoryBytes), machine.memoryBytes);
  return short === null ? [] : [fault("memory", `profile ${profile}: ${short}`, "combot deploy --profile auto")];
}

/** The unit sees no home folder. */
function modelPlaceFaults(dir: string | null): PreflightFault[] {
  if (dir === null || !/^\/(home|root|tmp|var\/tmp|run\/user)(\/|$)/.test(dir)) return [];
  const found = `${dir} can't be seen by the service, which has no home folders and a temporary folder of its own`;
  // A model may be named by its file, which is nothing without its folder.
  const [, folder = dir, file = ""] = /^(.+?)((?:\/onnx)?\/[^/]+\.onnx)$/.exec(dir) ?? [];
  return [fault("model", found, `cp -r ${folder} /srv/combot-model && combot deploy --model /srv/combot-model${file}`)];
}

function byHandFault(holder: Holder): PreflightFault {
  return fault("another combot", `a daemon runs outside the unit: ${inWords(holder)}`, `kill ${holder.pid}`);
}

function roomFaults({ freeBytes, installedReleases }: Facts, { name, bytes }: Release): PreflightFault[] {
  const needed = SPARE_BYTES + (installedReleases.includes(name) ? 0 : bytes);
  if (freeBytes >= needed) return [];
  return [
    fault(
      "disk",
      `/opt has ${formatBytes(freeBytes)} free, it takes ${formatBytes(needed)}`,
      "make room on the disk: df -h /opt",
    ),
  ];
}
