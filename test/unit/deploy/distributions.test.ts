import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { desiredState } from "../../../src/lib/deploy/desired.ts";
import {
  DISTRIBUTIONS,
  installServer,
  isPackagedUnit,
  SERVER_BINARIES,
} from "../../../src/lib/deploy/distributions.ts";
import { DEFAULT_WISHES, type Facts } from "../../../src/lib/deploy/facts.ts";
import { planDeploy } from "../../../src/lib/deploy/plan.ts";
import { redisConfigFor } from "../../../src/lib/deploy/redis-config.ts";
import { packageFile } from "../../../src/lib/package-files.ts";
import { MACHINES, RELEASE, SECRETS } from "./machines.ts";

const OLDEST_SYSTEMD = 249;

function stepsOn(facts: Facts): readonly string[] {
  const desired = desiredState(facts, DEFAULT_WISHES, SECRETS);
  return planDeploy(facts, DEFAULT_WISHES, desired, RELEASE, { start: true, disable: null }).steps.map((s) => s.do);
}

describe.each(DISTRIBUTIONS)("$name", ({ id, version, systemdVersion, install, servers, sources, isShown }) => {
  test("has a systemd that is new enough, a server, and says where that is read", () => {
    expect(systemdVersion).toBeGreaterThanOrEqual(OLDEST_SYSTEMD);
    expect(servers.length).toBeGreaterThan(0);
    expect(sources.every((source) => source.startsWith("https://"))).toBe(true);
  });

  test("gets its first server by its own package manager", () => {
    expect(installServer({ id, version })).toBe(`${install} ${servers[0]?.name}`);
  });

  test("its servers are looked for, and their units known for the package's", () => {
    for (const { binary, units } of servers) {
      expect(SERVER_BINARIES).toContain(binary);
      expect(units.map(isPackagedUnit)).toEqual(units.map(() => true));
    }
  });

  test("the docs tell whether it was run", () => {
    const page = readFileSync(packageFile("docs/deploy.md"), "utf8");
    const name = { debian: "Debian", ubuntu: "Ubuntu", amzn: "Amazon Linux" }[id] ?? "";
    const row = page.split("\n").find((line) => line.startsWith(`| ${name} ${version} `)) ?? "";
    expect(row.includes("planned, not run")).toBe(!isShown);
    for (const { name } of servers) expect(row).toContain(name);
  });
});

test("Valkey is looked for before Redis", () => {
  expect(SERVER_BINARIES).toEqual(["/usr/bin/valkey-server", "/usr/bin/redis-server", "/usr/bin/redis6-server"]);
});

test("a distribution that is not in the table gets the command of its kin", () => {
  expect(installServer({ id: "rocky", version: "9.4" })).toBe("dnf install -y valkey");
  expect(installServer({ id: "linuxmint", version: "22" })).toBe("apt-get install -y redis-server");
});

test("6.2 of Amazon Linux' redis6 gets no directive of 7.0", () => {
  const redis6 = MACHINES["Amazon Linux 2023 with redis6"]?.redis;
  const names = redisConfigFor(redis6 as NonNullable<typeof redis6>).directives.map(([name]) => name);
  expect(names).not.toContain("enable-debug-command");
});

test.each(Object.entries(MACHINES))("on %s SELinux labels what was written before systemd reads it", (_, facts) => {
  const steps = stepsOn(facts);
  expect(steps.includes("label")).toBe(facts.selinux.mode !== "off");
  if (!steps.includes("label")) return;
  expect(steps.indexOf("label")).toBeGreaterThan(steps.lastIndexOf("write"));
  expect(steps.indexOf("label")).toBeGreaterThan(steps.indexOf("switch-program"));
  expect(steps.indexOf("label")).toBeLessThan(steps.indexOf("verify-units"));
});
