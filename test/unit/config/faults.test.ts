import { describe, expect, test } from "vitest";
import { ENV_FILE, faultsOf, load } from "./loading.ts";

test("every fault is told at once: variable, value, what is allowed, where it stands", () => {
  const faults = faultsOf({
    flags: { COMBOT_SOCKET: "here.sock" },
    env: { WORKERS: "many", LOG_LEVEL: "loud" },
    file: "# comment\nKEEPALIVE=0\nMAX_REQUESTS=1 # one",
  });
  expect(faults).toMatchSnapshot();
});

test("a bad profile is one fault and hides no other", () => {
  const faults = faultsOf({ env: { COMBOT_PROFILE: "t2.nano", WORKERS: "0" } });
  expect(faults).toEqual([expect.stringMatching(/^COMBOT_PROFILE=t2\.nano: /), expect.stringMatching(/^WORKERS=0: /)]);
});

test("a fault shows no secret", () => {
  const env = {
    REDIS_URL: "redis:/u:hunter2@h",
    DATABASE_URL: "mysql://u:hunter2@h/db",
    REDIS_HOST: "redis://:hunter2@h",
    REDIS_PASSWORD: "hunter2".repeat(1000),
    COMBOT_TOKEN_FILE: "/token",
  };
  const faults = faultsOf({ env, files: { "/token": "hunter2" } });
  expect(faults).toHaveLength(5);
  expect(faults.join("\n")).not.toContain("hunter2");
});

describe("names that are no settings", () => {
  test("in the file every one is a fault, without its value, with the name that was meant", () => {
    const faults = faultsOf({ file: "MAX_REQEUSTS=hunter2\nPATH=/bin\n\nREDIS_PASWORD=x" });
    expect(faults).toEqual([
      `MAX_REQEUSTS is not a setting; did you mean MAX_REQUESTS? (${ENV_FILE}:1)`,
      `PATH is not a setting (${ENV_FILE}:2)`,
      `REDIS_PASWORD is not a setting; did you mean REDIS_PASSWORD? (${ENV_FILE}:4)`,
    ]);
  });

  test("in the environment those with our name are warned about, the others are not ours", () => {
    const env = { PATH: "/bin", WORKER: "3", COMBOT_SOKET: "/x", COMBOT_TOKEN: "x", ALERT_WEBHOOK_URL: "https://h/x" };
    expect(load({ env }).warnings).toEqual([
      "COMBOT_SOKET is not a setting; did you mean COMBOT_SOCKET? (process environment)",
      "COMBOT_TOKEN is not a setting; did you mean COMBOT_TOKEN_FILE? (process environment)",
      "ALERT_WEBHOOK_URL is not a setting; did you mean ALERT_WEBHOOK_URL_FILE? (process environment)",
    ]);
  });
});

test("the syntax faults of the file come with their lines, beside the other faults", () => {
  const faults = faultsOf({ file: "WORKERS=0\nnonsense\nREDIS_HOST='x" });
  expect(faults).toEqual([
    `line 2 has no = (${ENV_FILE}:2)`,
    `line 3 has a quote that is never closed (${ENV_FILE}:3)`,
    expect.stringMatching(/^WORKERS=0: .*\(\/etc\/combot\/combot\.env:1\)$/),
  ]);
});

test("a settings file that was named must be there", () => {
  expect(faultsOf({ envFile: "/none" })).toEqual(["the settings file can't be read: ENOENT (/none)"]);
});

test("a settings file with a secret that everybody may read is warned about", () => {
  const envFile = "/open.env";
  const files = { [envFile]: { text: "REDIS_HOST=h\nREDIS_URL=redis://:pw@h", mode: 0o644 } };
  const { warnings } = load({ envFile, files });
  expect(warnings).toContainEqual(expect.stringMatching(/^REDIS_URL holds a secret .*\(\/open\.env:2\)$/));
  expect(warnings.join()).not.toContain("pw@");
  const groupOnly = { [envFile]: { text: "REDIS_URL=redis://:pw@h", mode: 0o660 } };
  expect(load({ envFile, files: groupOnly }).warnings).toEqual([]);
});

describe("settings that must fit together", () => {
  test.each([
    [{ MEMORY_WARNING: "0.85" }, ["MEMORY_WARNING=0.85: must be below MAX_MEMORY_USAGE=0.85"]],
    [{ CRITICAL_MEMORY_USAGE: "0.9" }, ["MEMORY_FORCE_CLEANUP=0.9: must be below CRITICAL_MEMORY_USAGE=0.9"]],
    [{ MAX_MEMORY_USAGE: "0.99" }, ["MAX_MEMORY_USAGE=0.99: must be below MEMORY_FORCE_CLEANUP=0.9"]],
    [{ REDIS_URL: "redis://a,b", REDIS_DB: "1" }, ["REDIS_DB=1: must be 0 for Redis Cluster"]],
    [{ REDIS_URL: "redis://a,b/2" }, ["REDIS_DB=2: must be 0 for Redis Cluster"]],
  ])("%j", (env, expected) => {
    expect(faultsOf({ env })).toEqual(expected.map((start) => expect.stringContaining(start)));
  });

  test("a level that is itself at fault is not judged a second time", () => {
    expect(faultsOf({ env: { MAX_MEMORY_USAGE: "85" } })).toHaveLength(1);
  });

  test("the two tokens differ, and a listener without any is warned about", () => {
    const files = { "/a": "a".repeat(32), "/b": "b".repeat(32) };
    const listen = { COMBOT_LISTEN: "127.0.0.1:80" };
    const same = { ...listen, COMBOT_TOKEN_FILE: "/a", COMBOT_ADMIN_TOKEN_FILE: "/a" };
    expect(faultsOf({ env: same, files })).toEqual([expect.stringMatching(/must hold another token/)]);
    expect(load({ env: { ...same, COMBOT_ADMIN_TOKEN_FILE: "/b" }, files }).warnings).toEqual([]);
    expect(load({ env: listen }).warnings).toEqual([expect.stringMatching(/^COMBOT_LISTEN without/)]);
  });
});
