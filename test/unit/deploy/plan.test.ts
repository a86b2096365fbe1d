import { describe, expect, test } from "vitest";
import { desiredState, type Desired } from "../../../src/lib/deploy/desired.ts";
import { diffOf } from "../../../src/lib/deploy/diff.ts";
import { DEFAULT_WISHES, type Facts, type FileState, type Wishes } from "../../../src/lib/deploy/facts.ts";
import { PATHS } from "../../../src/lib/deploy/paths.ts";
import { REDIS, SERVICE, SOCKET } from "../../../src/lib/unit-names.ts";
import { planDeploy, type Plan } from "../../../src/lib/deploy/plan.ts";
import { stepInWords } from "../../../src/lib/deploy/steps.ts";
import { DEBIAN, MACHINES, RELEASE, SECRETS } from "./machines.ts";

const OPTIONS = { start: true, disable: null };

function planOf(facts: Facts, wishes: Partial<Wishes> = {}, secrets: Record<string, string> = SECRETS): Plan {
  const all = { ...DEFAULT_WISHES, ...wishes };
  return planDeploy(facts, all, desiredState(facts, all, secrets), RELEASE, OPTIONS);
}

/** The machine after that plan. */
function after(facts: Facts, wishes: Partial<Wishes> = {}): Facts {
  const plan = planOf(facts, wishes);
  const desired: Desired = desiredState(facts, { ...DEFAULT_WISHES, ...wishes }, SECRETS);
  const files = desired.files.map(({ path, content, mode, owner, link }): [string, FileState] => [
    path,
    { content, mode, owner, ...(link !== undefined && { link }) },
  ]);
  return {
    ...facts,
    files: Object.fromEntries(files),
    units: Object.fromEntries(
      desired.units.map((unit) => [unit, { active: "active", enabled: unit === SOCKET ? "static" : "enabled" }]),
    ),
    currentRelease: RELEASE.name,
    installedReleases: [RELEASE.name],
    manifest: plan.manifest,
  };
}

const words = ({ steps }: Plan): string[] => steps.map(stepInWords);

describe("a first deploy", () => {
  test.each(Object.entries(MACHINES))("on %s", (name, facts) => {
    const plan = planOf(facts);
    const diffs = plan.files.map(diffOf).join("\n");
    expect({ arithmetic: plan.arithmetic, units: plan.units, steps: words(plan) }).toMatchSnapshot(`${name}, the plan`);
    expect(diffs).toMatchSnapshot(`${name}, the files`);
  });

  test("shows no secret and no digest of one", () => {
    const diffs = planOf(DEBIAN).files.map(diffOf).join("\n");
    expect(Object.values(SECRETS).filter((secret) => diffs.includes(secret))).toEqual([]);
    expect(diffs).not.toMatch(/#[0-9a-f]{64}/);
  });

  test("saves a generation before it changes anything, and finishes last", () => {
    const { steps } = planOf(DEBIAN);
    expect(steps.map((step) => step.do).slice(0, 2)).toEqual(["try-redis", "save-generation"]);
    expect(steps.at(-1)?.do).toBe("finish");
  });

  test("writes no MemoryHigh, which without swap leaves a service alive and answering nobody", () => {
    expect(planOf(DEBIAN).files.filter(({ to }) => to?.content.includes("MemoryHigh="))).toEqual([]);
  });
});

describe("a second deploy", () => {
  const deployed = after(DEBIAN);

  test("with nothing to do has no step", () => {
    const plan = planOf(deployed);
    expect(plan.steps).toEqual([]);
    expect(new Set(plan.files.map(({ kind }) => kind))).toEqual(new Set(["keep"]));
  });

  test("restarts what reads what changed, and nothing else", () => {
    const { units } = planOf(deployed, { redisPort: 0 });
    expect(units.filter(({ act }) => act !== "keep")).toEqual([{ unit: REDIS, act: "restart" }]);
  });

  test("restarts Redis and the daemon for a secret that was replaced by hand", () => {
    const path = `${PATHS.credentials}/redis-password`;
    const file = { ...(deployed.files[path] as FileState), content: "another\n" };
    const facts = { ...deployed, files: { ...deployed.files, [path]: file } };
    const { units } = planOf(facts, {}, { ...SECRETS, "redis-password": "another" });
    const restarted = units.filter(({ act }) => act !== "keep");
    expect(restarted).toEqual([REDIS, SERVICE].map((unit) => ({ unit, act: "restart" })));
  });

  test("of a new release restarts the daemon, and saves its database before", () => {
    const plan = planOf({
      ...deployed,
      currentRelease: "0.0.9-ffffffffffff",
      installedReleases: ["0.0.9-ffffffffffff"],
    });
    expect(plan.units.filter(({ act }) => act !== "keep")).toEqual([{ unit: SERVICE, act: "restart" }]);
    const names = plan.steps.map((step) => step.do);
    expect(names.indexOf("save-database")).toBeLessThan(names.indexOf("restart"));
    expect(names.indexOf("switch-program")).toBeLessThan(names.indexOf("restart"));
  });

  test("after one that was interrupted still restarts what that one would have", () => {
    const plan = planOf({ ...deployed, pending: { generation: "000001", restart: [SERVICE] } });
    expect(plan.units.filter(({ act }) => act !== "keep")).toEqual([{ unit: SERVICE, act: "restart" }]);
    expect(plan.steps.at(-1)?.do).toBe("finish");
  });

  test("stops the daemon while its sockets change, since systemd refuses otherwise", () => {
    const path = `${PATHS.units}/${SOCKET}`;
    const changed = {
      ...deployed,
      files: { ...deployed.files, [path]: { content: "[Socket]\n", mode: 0o644, owner: "root:root" } },
    };
    const acts = words(planOf(changed)).filter((word) => word.includes("combot-enhanced") && !word.startsWith("write"));
    expect(acts).toEqual([`stop ${SERVICE}`, `stop ${SOCKET}`, `start ${SERVICE}`]);
  });

  test("keeps the operator's settings, and lets go of deploy's own that it no longer sets", () => {
    const env = deployed.files[PATHS.env] as FileState;
    const edited = { ...env, content: `${env.content}LOG_LEVEL=debug\nCOMBOT_MODEL_DIR=/gone\n` };
    const plan = planOf({ ...deployed, files: { ...deployed.files, [PATHS.env]: edited } });
    const content = plan.files.find(({ path }) => path === PATHS.env)?.to?.content ?? "";
    expect(content).toContain("LOG_LEVEL=debug\n");
    expect(content).not.toContain("/gone");
  });

  test("mends folders that an earlier one made too narrow, and nothing else", () => {
    const narrow = { "/opt/combot": { mode: 0o700, owner: "root:root" }, "/opt": { mode: 0o755, owner: "root:root" } };
    const plan = planOf({ ...deployed, folders: narrow });
    expect(plan.folders.map(({ path, to }) => [path, to.mode])).toEqual([["/opt/combot", 0o755]]);
    expect(words(plan)).toContain("make folders");
    expect(plan.units.filter(({ act }) => act !== "keep")).toEqual([]);
  });

  test("leaves somebody else's file of a shared name, and keeps a link of ours", () => {
    const theirs = { content: "#!/bin/sh\n", mode: 0o755, owner: "root:root" };
    const plan = planOf({ ...deployed, files: { ...deployed.files, "/usr/local/bin/combot": theirs } });
    expect(plan.files.filter(({ path }) => path === "/usr/local/bin/combot")).toEqual([]);
    const linked = planOf(deployed).files.find(({ path }) => path === "/usr/local/bin/combot");
    expect(linked).toMatchObject({ kind: "keep", to: { link: "/opt/combot/current/bin/combot" } });
  });

  test("takes the links of a unit by hand away before it writes its own, and enables that", () => {
    const byHand = { content: "[Service]\n", mode: 0o777, owner: "root:root", link: "/srv/own.service" };
    const units = { [SERVICE]: { active: "active", enabled: "enabled" } };
    const steps = words(planOf({ ...DEBIAN, files: { [`${PATHS.units}/${SERVICE}`]: byHand }, units }));
    expect(steps.indexOf(`unlink ${SERVICE}`)).toBeGreaterThan(steps.indexOf("save the present generation"));
    expect(steps.indexOf(`unlink ${SERVICE}`)).toBeLessThan(steps.indexOf(`write ${PATHS.units}/${SERVICE}`));
    expect(steps.find((step) => step.startsWith("enable "))).toContain(SERVICE);
    expect(steps).toContain(`restart ${SERVICE}`);
  });

  test("without Redis removes its files and stops its unit", () => {
    const plan = planOf(deployed, { redis: "off" });
    expect(plan.units).toContainEqual({ unit: REDIS, act: "stop" });
    const removed = plan.files.filter(({ kind }) => kind === "remove").map(({ path }) => path);
    expect(removed).toEqual(expect.arrayContaining([PATHS.redisConf, PATHS.redisAcl, `${PATHS.units}/${REDIS}`]));
  });
});

describe("by a user who may not read what was deployed", () => {
  const deployed = after(DEBIAN, { redisPort: 0 });
  const files = { ...deployed.files, [PATHS.env]: { content: null, mode: 0o640, owner: "root:combot" } };
  const seen: Facts = { ...deployed, files, manifest: null, isRoot: false, unreadable: [PATHS.env, PATHS.manifest] };

  test("nothing is told as a change, and nothing as a step", () => {
    const plan = planOf(seen);
    const acts = [...plan.files.map(({ kind }) => kind), ...plan.units.map(({ act }) => act)];
    expect(new Set(acts)).toEqual(new Set(["keep", "unknown"]));
    expect(plan.files.filter(({ kind }) => kind === "unknown").map(({ path }) => path)).toEqual(
      expect.arrayContaining([PATHS.env, PATHS.redisConf]),
    );
    expect(plan.units.every(({ act }) => act === "unknown")).toBe(true);
    expect([plan.steps, plan.files.map(diffOf).join("")]).toEqual([[], ""]);
  });

  test("a new release restarts the daemon for certain", () => {
    const { units } = planOf({ ...seen, currentRelease: "0.0.9-ffffffffffff" });
    expect(units).toContainEqual({ unit: SERVICE, act: "restart" });
  });

  test("where nothing was deployed, what is to be made is known", () => {
    const { files: planned, steps } = planOf({ ...DEBIAN, isRoot: false, unreadable: [PATHS.manifest] });
    expect(new Set(planned.map(({ kind }) => kind))).toEqual(new Set(["create"]));
    expect(steps.length).toBeGreaterThan(0);
  });
});

describe("a unit of the distribution that is disabled", () => {
  const redis = { "redis-server.service": { active: "active", enabled: "enabled" } };
  const facts: Facts = { ...DEBIAN, packaged: redis };
  const desired = desiredState(facts, DEFAULT_WISHES, SECRETS);
  const disabling = { start: true, disable: "redis-server.service" };

  test("is recorded as it was, before and after, and by later deploys", () => {
    const { steps, manifest } = planDeploy(facts, DEFAULT_WISHES, desired, RELEASE, disabling);
    expect(steps.find((step) => step.do === "save-generation")).toMatchObject({ disable: redis });
    expect(manifest.disabled).toEqual(redis);
    const later = planDeploy({ ...facts, packaged: {}, manifest }, DEFAULT_WISHES, desired, RELEASE, OPTIONS);
    expect(later.manifest.disabled).toEqual(redis);
  });

  test("is recorded by the deploy that completes one which was killed", () => {
    const pending = { generation: "000001", restart: [], disabled: redis };
    const { manifest } = planDeploy({ ...facts, pending }, DEFAULT_WISHES, desired, RELEASE, OPTIONS);
    expect(manifest.disabled).toEqual(redis);
  });
});

describe("COMBOT_LISTEN", () => {
  const unitsWith = (
    setting: string,
  ): { readonly socket: string; readonly service: string; readonly acts: string[] } => {
    const deployed = after(DEBIAN);
    const env = deployed.files[PATHS.env] as FileState;
    const edited = { ...env, content: `${env.content}${setting}\n` };
    const plan = planOf({ ...deployed, files: { ...deployed.files, [PATHS.env]: edited } });
    const unit = (name: string): string => plan.files.find(({ path }) => path.endsWith(`/${name}`))?.to?.content ?? "";
    return { socket: unit(SOCKET), service: unit(SERVICE), acts: words(plan) };
  };

  test.each([
    ["0.0.0.0:8080", "0.0.0.0:8080", false],
    ["[::]:8080", "[::]:8080", false],
    ["localhost:8080", "127.0.0.1:8080", true],
    ["[::1]:8080", "[::1]:8080", true],
  ])("%s is a socket of systemd's, and the network is open as far as it takes", (value, stream, isLocal) => {
    const { socket, service, acts } = unitsWith(`COMBOT_LISTEN=${value}`);
    expect(socket).toContain(`\nListenStream=${stream}\n`);
    expect(service.includes("IPAddressDeny=any")).toBe(isLocal);
    expect(acts).toEqual(expect.arrayContaining([`stop ${SERVICE}`, `stop ${SOCKET}`, `start ${SERVICE}`]));
  });

  test.each(["off", "api.example:8080", "127.0.0.1:0"])("%s is not", (value) => {
    expect(unitsWith(`COMBOT_LISTEN=${value}`).socket.match(/ListenStream=/g)).toHaveLength(2);
  });
});

test("a secret handed in is a credential of the unit, and the network stays open to it", () => {
  const plan = planOf(DEBIAN, {}, { ...SECRETS, "redis-url": "rediss://u:p@cache.example/0" });
  const unit = plan.files.find(({ path }) => path.endsWith(SERVICE))?.to?.content ?? "";
  expect(unit).toContain(`LoadCredential=redis-url:${PATHS.credentials}/redis-url\n`);
  expect(unit).not.toContain("IPAddressDeny");
  expect(unit).not.toContain("combot-redis.service");
});
