import { describe, expect, test } from "vitest";
import { checkFile } from "../../../src/lib/config/check.ts";
import { describeSettings } from "../../../src/lib/config/describe.ts";
import { SETTING_NAMES } from "../../../src/lib/config/schema.ts";
import { renderConfig } from "../../../src/lib/render/config-table.ts";
import { ENV_FILE, filesOf, load, T3_LARGE } from "./loading.ts";

const TOKEN = "hunter2".repeat(5);
const FULL = {
  flags: { COMBOT_SOCKET: "/run/x/combot.sock" },
  env: { DATABASE_URL: "postgres://me:hunter2@db:5432/combot?sslmode=require", ALERT_WEBHOOK_URL_FILE: "/hook" },
  file: "REDIS_URL=redis://me:hunter2@h1:1,h2:2\nREDIS_PASSWORD=hunter2\nCOMBOT_TOKEN_FILE=/token\nCOMBOT_LISTEN=h:1",
  files: { "/hook": "https://hooks.example.com/hunter2", "/token": TOKEN },
};

describe("the settings in force", () => {
  const rows = describeSettings(load(FULL));
  const rowOf = (name: string) => rows.find((row) => row.name === name);

  test("are all there, under a name that can be set", () => {
    expect(rows).toHaveLength(SETTING_NAMES.length);
    expect(rows.map(({ name }) => name)).toContain("COMBOT_ADMIN_TOKEN_FILE");
    expect(rows.map(({ name }) => name)).not.toContain("COMBOT_ADMIN_TOKEN");
  });

  test("show no secret", () => {
    expect(JSON.stringify(rows)).not.toContain("hunter2");
  });

  test.each([
    ["COMBOT_SOCKET", "/run/x/combot.sock", "flag", "--socket"],
    ["DATABASE_URL", "postgres://***@db:5432/combot?***", "environment", undefined],
    ["ALERT_WEBHOOK_URL_FILE", "https://hooks.example.com/***", "environment", "ALERT_WEBHOOK_URL_FILE=/hook"],
    ["REDIS_URL", "redis://***@h1:1,h2:2", "file", `${ENV_FILE}:1`],
    ["REDIS_PASSWORD", "***", "file", `${ENV_FILE}:2`],
    ["COMBOT_TOKEN_FILE", "***", "file", `${ENV_FILE}:3, COMBOT_TOKEN_FILE=/token`],
    ["COMBOT_HOSTS", "localhost,127.0.0.1,::1,h", "default", undefined],
    ["WORKERS", "2", "profile", "t3.large"],
    ["COMBOT_STATE_DIR", "/home/me/.local/state/combot", "default", undefined],
    ["KEEPALIVE", "2", "default", undefined],
  ])("%s is %s from %s", (name, value, source, detail) => {
    expect(rowOf(name)).toMatchObject({ value, source, ...(detail !== undefined && { sourceDetail: detail }) });
    expect(rowOf(name)?.sourceDetail).toBe(detail);
  });

  test("what auto came to says from what", () => {
    const row = describeSettings(load({ env: { COMBOT_PROFILE: "auto" } })).find(({ name }) => name === "WORKERS");
    expect(row).toMatchObject({ value: "2", source: "profile", sourceDetail: "auto: 2 cores, 7.7 GiB" });
  });
});

describe("the table", () => {
  test("is plain text that fits its width and loses nothing", () => {
    const rows = describeSettings(load({ ...FULL, flags: { COMBOT_SOCKET: `/run/${"x".repeat(80)}/combot.sock` } }));
    for (const width of [100, 72]) {
      const lines = renderConfig(rows, width).split("\n");
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
      // oxlint-disable-next-line no-control-regex
      expect(lines.join("\n")).not.toMatch(/\u001b| $/m);
      for (const { name } of rows) expect(lines.some((line) => line.startsWith(name))).toBe(true);
      expect(lines.join("").match(/x/g)?.length).toBeGreaterThanOrEqual(80);
    }
  });

  test("looks as it does", () => {
    const rows = describeSettings(load(FULL)).filter(({ name }) =>
      /^(WORKERS|COMBOT_SOCKET|REDIS_URL|KEEP)/.test(name),
    );
    expect(`\n${renderConfig(rows)}\n`).toMatchSnapshot();
  });
});

describe("checkFile", () => {
  const check = (text: string, env: Record<string, string> = {}) =>
    checkFile("/f.env", { env, machine: T3_LARGE, homeDir: "/home/me", readFile: filesOf({ "/f.env": text }) });

  test("tells what would be in force", () => {
    const { faults, warnings, settings } = check("WORKERS=3");
    expect([faults, warnings]).toEqual([[], []]);
    expect(settings.find(({ name }) => name === "WORKERS")).toMatchObject({ value: "3", source: "file" });
  });

  test("tells faults instead of throwing, and this shell's environment does not hide them", () => {
    const { faults, settings } = check("WORKERS=0\nFOO=1", { WORKERS: "2", COMBOT_BAR: "x" });
    expect(faults).toHaveLength(2);
    expect(settings).toEqual([]);
  });

  test("warns of credentials that only the unit can read", () => {
    const { faults, warnings, settings } = check("REDIS_URL_FILE=redis-url\nDATABASE_URL_FILE=db-url");
    expect(faults).toEqual([]);
    expect(warnings).toEqual([
      "REDIS_URL_FILE=redis-url: not checked, the unit alone can read its credentials (/f.env:1)",
      "DATABASE_URL_FILE=db-url: not checked, the unit alone can read its credentials (/f.env:2)",
    ]);
    expect(settings.find(({ name }) => name === "DATABASE_URL")).toMatchObject({
      value: "not checked",
      source: "file",
    });
  });

  test("of a file that is not there says so", () => {
    expect(checkFile("/none", { env: {}, machine: T3_LARGE, readFile: filesOf({}) }).faults).toHaveLength(1);
  });
});
