import { installCommand, installServer, isPackagedUnit, SERVER_PACKAGES } from "./distributions.ts";
import type { Facts, Holder, Release, Wishes } from "./facts.ts";
import type { NodeFault } from "./node-binary.ts";
import { PATHS } from "./paths.ts";
import { placeFaults } from "./place-faults.ts";
import type { PreflightFault } from "./preflight-fault.ts";
import { shortageOf, sizesFor } from "./sizes.ts";
import { ALIAS, SERVICE } from "../unit-names.ts";

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
  /** Of the model, which the daemon prepares a copy of. */
  readonly weightsBytes: number;
  /** Wishes that may have been deployed otherwise, where this user can't read that. */
  readonly assumed: readonly (keyof Wishes)[];
}

const OLDEST_SYSTEMD = 249;

/** All that would make a deploy fail, found before anything is changed. Pure. */
export function findPreflightFaults(
  facts: Facts,
  wishes: Wishes,
  options: PreflightOptions,
): readonly PreflightFault[] {
  const isAssumed = (...names: (keyof Wishes)[]): boolean => names.some((name) => options.assumed.includes(name));
  const managed = wishes.redis === "managed" && !options.hasOtherRedis && !isAssumed("redis", "redisPort");
  return [
    ...(options.needsRoot && !facts.isRoot
      ? [fault("root", "this user may not change the machine", `${facts.asRoot} deploy`)]
      : []),
    ...systemdFaults(facts),
    ...(managed ? redisFaults(facts, wishes, options.disable) : []),
    ...(isAssumed("profile") ? [] : memoryFaults(facts, wishes)),
    ...(options.modelFault === null
      ? []
      : [fault("model", options.modelFault, `combot model check ${wishes.modelDir ?? ""}`.trim())]),
    ...(options.nodeFault === null ? [] : [fault("node", options.nodeFault.found, options.nodeFault.mend)]),
    ...modelPlaceFaults(wishes.modelDir),
    ...(facts.listenHolder ? [listenFault(facts.listenHolder)] : []),
    ...options.missingCredentials.map(credentialFault),
    ...facts.byHand.map(byHandFault),
    ...unitFaults(facts),
    ...selinuxFaults(facts),
    ...placeFaults(facts, options.release, options.weightsBytes),
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
  { redis, portHolder, distribution, unfinishedPackages }: Facts,
  { redisPort }: Wishes,
  disable: string | null,
): PreflightFault[] {
  // apt refuses anything else before that is done.
  const finish = unfinishedPackages.length > 0 ? "dpkg --configure -a && " : "";
  const install = `${finish}${installServer(distribution)}`;
  const missing = fault("redis", "neither Valkey nor Redis is installed", install);
  const halfThere = unfinishedPackages.filter((name) => SERVER_PACKAGES.includes(name));
  const taken =
    portHolder && (disable === null || portHolder.unit !== disable) ? [portFault(portHolder, redisPort)] : [];
  return [...(redis ? halfThere.map(unfinishedFault) : [missing]), ...taken];
}

/** Whoever finishes it later starts a second server, on our port. */
function unfinishedFault(name: string): PreflightFault {
  return fault("packages", `the installation of ${name} was begun and not finished`, "dpkg --configure -a");
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
  const { pid, unit } = holder;
  // What a unit starts it would start again. A user's own units belong to that user's systemd.
  const isUnit = unit !== null && !unit.startsWith("user@");
  const mend = isUnit ? `systemctl disable --now ${unit}` : `kill ${pid}`;
  return fault("another combot", `a daemon runs outside the unit: ${inWords(holder)}`, mend);
}

/** Units that an operator has made or masked: they are left to whoever did it. */
function unitFaults({ units, oldAlias }: Facts): PreflightFault[] {
  const masked = Object.entries(units).filter(([, { enabled }]) => enabled.startsWith("masked"));
  return [
    ...masked.map(([unit]) => fault("masked unit", `${unit} is masked`, `systemctl unmask ${unit}`)),
    ...(oldAlias === null ? [] : [oldAliasFault(oldAlias)]),
  ];
}

function oldAliasFault(path: string): PreflightFault {
  const found = `${path} is a unit of somebody else's, by a name that ${SERVICE} is to have too`;
  return fault("an old unit", found, `systemctl disable --now ${ALIAS} && mv ${path} /root/`);
}

function selinuxFaults({ selinux, distribution }: Facts): PreflightFault[] {
  if (selinux.mode !== "enforcing" || selinux.canLabel) return [];
  const found = "SELinux is enforcing, and there is no restorecon to label the program with";
  return [fault("selinux", found, installCommand(distribution.id, "policycoreutils"))];
}
