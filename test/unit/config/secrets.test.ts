import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readGuardedFile } from "../../../src/lib/config/guarded-file.ts";
import { faultsOf, load } from "./loading.ts";

const CREDENTIALS_DIRECTORY = "/run/credentials/combot-enhanced.service";

describe("NAME_FILE", () => {
  test("gives the content without its one closing line end, and names variable and file as the source", () => {
    const { settings, sources } = load({ env: { REDIS_PASSWORD_FILE: "/pw" }, files: { "/pw": " p w\n\n" } });
    expect(settings.redis).toMatchObject({ password: " p w\n" });
    expect(sources.REDIS_PASSWORD).toEqual({ source: "environment", detail: "REDIS_PASSWORD_FILE=/pw", shown: "***" });
    const dos = load({ env: { REDIS_PASSWORD_FILE: "/pw" }, files: { "/pw": "pw\r\n" } });
    expect(dos.settings.redis).toMatchObject({ password: "pw" });
  });

  test("by a plain name is a credential, whatever mode systemd gave it", () => {
    const files = { [`${CREDENTIALS_DIRECTORY}/pw`]: { text: "pw", mode: 0o440 } };
    const file = "REDIS_PASSWORD_FILE=pw";
    expect(load({ env: { CREDENTIALS_DIRECTORY }, file, files }).settings.redis).toMatchObject({ password: "pw" });
    const absolute = `REDIS_PASSWORD_FILE=${CREDENTIALS_DIRECTORY}/pw`;
    expect(load({ env: { CREDENTIALS_DIRECTORY }, file: absolute, files }).settings.redis).toMatchObject({
      password: "pw",
    });
  });

  test.each([
    ["a relative name without a credentials folder", "pw", {}, "no $CREDENTIALS_DIRECTORY"],
    ["a way out of the credentials folder", "../pw", { CREDENTIALS_DIRECTORY }, "without /"],
    ["an absolute way out of it", `${CREDENTIALS_DIRECTORY}/../pw`, { CREDENTIALS_DIRECTORY }, "chmod 600"],
    ["a file that is not there", "/none", {}, "ENOENT"],
    ["an empty file", "/empty", {}, "empty"],
    ["a file that the group may read", "/group", {}, "mode 0640"],
    ["a file that others may write", "/others", {}, "mode 0602"],
  ])("%s is refused", (_, name, env, why) => {
    const files = {
      "/empty": "\n",
      "/group": { text: "pw", mode: 0o640 },
      "/others": { text: "pw", mode: 0o602 },
      "/run/credentials/pw": { text: "pw", mode: 0o444 },
    };
    const faults = faultsOf({ env: { ...env, REDIS_PASSWORD_FILE: name }, files });
    expect(faults).toEqual([expect.stringContaining(why)]);
    expect(faults[0]).toMatch(/^REDIS_PASSWORD_FILE=/);
  });

  test("and NAME in one layer are one too many", () => {
    const both = { REDIS_URL: "redis://h", REDIS_URL_FILE: "/url" };
    expect(faultsOf({ env: both, files: { "/url": "redis://h" } })).toEqual([
      "REDIS_URL and REDIS_URL_FILE are both set: keep one of them (process environment)",
    ]);
    expect(faultsOf({ file: "DATABASE_URL=off\nDATABASE_URL_FILE=/url" })).toHaveLength(1);
  });

  test("with a content that does not fit names the file and shows nothing of it", () => {
    const env = { ALERT_WEBHOOK_URL_FILE: "/hook", COMBOT_TOKEN_FILE: "/token", DATABASE_URL_FILE: "/db" };
    const files = { "/hook": "hunter2", "/token": "hunter2", "/db": "mysql://u:hunter2@h" };
    const faults = faultsOf({ env, files });
    expect(faults).toContainEqual(
      expect.stringMatching(/^COMBOT_TOKEN_FILE=\/token: its content must be a token of 32/),
    );
    expect(faults).toHaveLength(3);
    expect(faults.join()).not.toContain("hunter2");
  });

  test("fills every setting that has one", () => {
    const token = "t".repeat(32);
    const files = {
      "/u": "redis://:pw@h",
      "/d": "postgres://u:pw@h/db",
      "/t": token,
      "/h": "https://hooks.example.com/x",
    };
    const env = {
      REDIS_URL_FILE: "/u",
      DATABASE_URL_FILE: "/d",
      COMBOT_TOKEN_FILE: "/t",
      ALERT_WEBHOOK_URL_FILE: "/h",
    };
    const { settings } = load({ env, files });
    expect(settings).toMatchObject({
      redis: { password: "pw" },
      database: { kind: "postgres", url: "postgres://u:pw@h/db" },
      token,
      adminToken: null,
      alertWebhookUrl: "https://hooks.example.com/x",
    });
  });
});

describe("under systemd", () => {
  test.each([
    [
      { REDIS_URL: "redis://:hunter2@h:1" },
      "REDIS_URL=redis://***@h:1: holds a password in a unit's environment; set REDIS_URL_FILE",
    ],
    [{ DATABASE_URL: "postgres://h/db?password=hunter2" }, "DATABASE_URL=postgres://h/db?***: holds a password"],
    [
      { REDIS_PASSWORD: "hunter2" },
      "REDIS_PASSWORD=***: is a password in a unit's environment; set REDIS_PASSWORD_FILE",
    ],
  ])("%j in the environment is refused", (env, start) => {
    const faults = faultsOf({ env, isUnit: true });
    expect(faults).toEqual([expect.stringContaining(start)]);
    expect(faults[0]).not.toContain("hunter2");
  });

  test("the same is taken from the file, from a flag, and without a password", () => {
    expect(() => load({ file: "REDIS_URL=redis://:pw@h", isUnit: true })).not.toThrow();
    expect(() => load({ flags: { REDIS_URL: "redis://:pw@h" }, isUnit: true })).not.toThrow();
    expect(() => load({ env: { REDIS_URL: "redis://u@h" }, isUnit: true })).not.toThrow();
    expect(() => load({ env: { REDIS_URL: "redis://:pw@h" }, isUnit: false })).not.toThrow();
  });
});

describe("a guarded file", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "combot-test-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("comes with the mode it has", () => {
    const path = join(folder, "secret");
    writeFileSync(path, "pw\n");
    chmodSync(path, 0o604);
    expect(readGuardedFile(path)).toEqual({ text: "pw\n", mode: 0o604 });
  });

  test("is a regular file, of sane size, in UTF-8", () => {
    writeFileSync(join(folder, "latin1"), Buffer.from([0x70, 0xfc]));
    writeFileSync(join(folder, "large"), Buffer.alloc(256 * 1024 + 1, 0x61));
    expect(() => readGuardedFile(folder)).toThrow(/not a regular file/);
    expect(() => readGuardedFile(join(folder, "latin1"))).toThrow(/encoded data was not valid/);
    expect(() => readGuardedFile(join(folder, "large"))).toThrow(/larger than 256 KiB/);
    expect(() => readGuardedFile(join(folder, "none"))).toThrow(/ENOENT/);
    expect(() => readGuardedFile("/dev/zero")).toThrow(/not a regular file/);
  });

  test("is what the loader reads when nothing else is given", () => {
    const path = join(folder, "combot.env");
    writeFileSync(path, "WORKERS=7\n", { mode: 0o640 });
    expect(load({ envFile: path, readFile: readGuardedFile }).settings.workers).toBe(7);
  });
});
