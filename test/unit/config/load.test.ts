import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SETTING_NAMES } from "../../../src/lib/config/schema.ts";
import { formatEnvLine } from "../../../src/lib/config/env-file.ts";
import { CombotError } from "../../../src/lib/errors.ts";
import { ENV_FILE, load, T3_LARGE, T3_XLARGE } from "./loading.ts";

/** What a Redis without sentinels and certificates of its own has. */
const PLAIN = { sentinelPassword: null, certificates: {} };

test("with nothing set, the t3.large profile and the defaults hold", () => {
  const { settings, warnings } = load({});
  expect(settings).toMatchSnapshot();
  expect(warnings).toEqual([]);
});

test("a profile brings its own sizes, from any layer, and auto those of the machine", () => {
  const sizes = { workers: 4, maxUsersPerProcess: 100, maxCacheEntries: 200, databasePoolMax: 20, backupKeep: 14 };
  expect(load({ file: "COMBOT_PROFILE=t3.xlarge" }).settings).toMatchObject(sizes);
  expect(load({ flags: { COMBOT_PROFILE: "auto" }, machine: T3_XLARGE }).settings).toMatchObject(sizes);
  expect(load({ env: { COMBOT_PROFILE: "t3.xlarge", WORKERS: "3" } }).settings).toMatchObject({ ...sizes, workers: 3 });
});

test("on a slow machine a worker may load for longer, unless somebody says how long", () => {
  const machine = { ...T3_LARGE, slowness: 7.5 };
  const { settings, sources } = load({ machine });
  expect(settings).toMatchObject({ modelLoadTimeoutMs: 900_000, requestTimeoutMs: 30_000 });
  expect(sources.MODEL_LOAD_TIMEOUT).toMatchObject({ shown: "900", detail: "120, longer on a slow machine" });
  expect(load({ machine, env: { MODEL_LOAD_TIMEOUT: "20" } }).settings.modelLoadTimeoutMs).toBe(20_000);
  expect(load({ machine: { ...machine, slowness: 60 } }).settings.modelLoadTimeoutMs).toBe(3_600_000);
});

describe("the order of the layers", () => {
  const layers = { flag: "11", environment: "12", file: "13" };
  type Name = keyof typeof layers;

  test("is flag, environment, file, profile, whatever subset of them sets a value", () => {
    fc.assert(
      fc.property(fc.subarray<Name>(["flag", "environment", "file"]), (given) => {
        const [winner] = given;
        const { settings, sources } = load({
          flags: given.includes("flag") ? { WORKERS: layers.flag } : {},
          env: given.includes("environment") ? { WORKERS: layers.environment } : {},
          file: given.includes("file") ? `WORKERS=${layers.file}` : "",
        });
        expect(settings.workers).toBe(winner ? Number(layers[winner]) : 2);
        expect(sources.WORKERS.source).toBe(winner ?? "profile");
      }),
    );
  });

  test("skips empty values", () => {
    const { settings, sources } = load({ flags: { WORKERS: "" }, env: { WORKERS: "" }, file: "WORKERS=\nKEEPALIVE=" });
    expect([settings.workers, sources.WORKERS.source]).toEqual([2, "profile"]);
    expect([settings.keepAliveMs, sources.KEEPALIVE.source]).toEqual([2000, "default"]);
  });

  test("within the file the later line wins, and its number is the source", () => {
    const { settings, sources } = load({ file: "WORKERS=3\n\nWORKERS=5" });
    expect(settings.workers).toBe(5);
    expect(sources.WORKERS.detail).toBe(`${ENV_FILE}:3`);
  });

  test("a higher layer's NAME outranks a lower one's NAME_FILE, and the other way round", () => {
    const files = { "/pw": "from-file" };
    expect(
      load({ files, env: { REDIS_PASSWORD: "plain" }, file: "REDIS_PASSWORD_FILE=/pw" }).settings.redis,
    ).toMatchObject({ password: "plain" });
    expect(
      load({ files, env: { REDIS_PASSWORD_FILE: "/pw" }, file: "REDIS_PASSWORD=plain" }).settings.redis,
    ).toMatchObject({ password: "from-file" });
  });
});

describe("Redis", () => {
  const login = { db: 0, username: null, password: null, ...PLAIN, isAssumed: false };

  test("is put together from its parts", () => {
    const env = { REDIS_HOST: "h", REDIS_PORT: "7", REDIS_DB: "2", REDIS_USERNAME: "u", REDIS_PASSWORD: "p" };
    const node = { host: "h", port: 7 };
    expect(load({ env }).settings.redis).toEqual({
      kind: "single",
      node,
      tls: false,
      db: 2,
      username: "u",
      password: "p",
      ...PLAIN,
      isAssumed: false,
    });
  });

  test("REDIS_URL outranks host and port with a warning, and the parts fill in what it leaves out", () => {
    const env = { REDIS_URL: "rediss://u@h", REDIS_HOST: "other", REDIS_DB: "3", REDIS_PASSWORD: "p" };
    const { settings, warnings } = load({ env });
    const node = { host: "h", port: 6379 };
    expect(settings.redis).toEqual({
      kind: "single",
      node,
      tls: true,
      db: 3,
      username: "u",
      password: "p",
      ...PLAIN,
      isAssumed: false,
    });
    expect(warnings).toEqual([expect.stringMatching(/^REDIS_HOST is not used/)]);
  });

  test("off is off, and a socket is a socket", () => {
    expect(load({ env: { REDIS_URL: "off" } }).settings.redis).toEqual({ kind: "off" });
    const redis = { kind: "unix", path: "/r.sock", ...login };
    expect(load({ env: { REDIS_URL: "unix:///r.sock" } }).settings.redis).toEqual(redis);
  });
});

test("the state folder is the setting, $XDG_STATE_HOME or the home folder's, and the journal lies in it", () => {
  const stateOf = (env: Record<string, string>) => {
    const { stateDir, database } = load({ env }).settings;
    return [stateDir, database.kind === "sqlite" ? database.path : database.kind];
  };
  expect(stateOf({})).toEqual(["/home/me/.local/state/combot", "/home/me/.local/state/combot/journal.db"]);
  expect(stateOf({ XDG_STATE_HOME: "/x" })).toEqual(["/x/combot", "/x/combot/journal.db"]);
  expect(stateOf({ XDG_STATE_HOME: "x" })[0]).toBe("/home/me/.local/state/combot");
  expect(stateOf({ COMBOT_STATE_DIR: "/s", DATABASE_URL: "sqlite:a/b.db" })).toEqual(["/s", "/s/a/b.db"]);
  expect(stateOf({ COMBOT_STATE_DIR: "/s", DATABASE_URL: "sqlite:/b.db" })).toEqual(["/s", "/b.db"]);
});

test("the TCP listener answers to its own host and the loopback's names unless told otherwise", () => {
  const hostsOf = (env: Record<string, string>) => load({ env }).settings.hosts;
  expect(hostsOf({})).toEqual([]);
  expect(hostsOf({ COMBOT_LISTEN: "10.0.0.1:80" })).toEqual(["localhost", "127.0.0.1", "::1", "10.0.0.1"]);
  expect(hostsOf({ COMBOT_LISTEN: "0.0.0.0:80" })).toEqual(["localhost", "127.0.0.1", "::1"]);
  expect(hostsOf({ COMBOT_LISTEN: "0.0.0.0:80", COMBOT_HOSTS: "Bot.example" })).toEqual(["bot.example"]);
});

function outcomeOf(read: () => number): number | string {
  try {
    return read();
  } catch (thrown) {
    return thrown instanceof CombotError ? thrown.code : String(thrown);
  }
}

test("whatever texts are given, the load ends in settings or in faults", () => {
  const text = fc.oneof(fc.string(), fc.constantFrom("off", "0", "1", "-1", "/x", "redis://h", "h:1", "auto"));
  const env = fc.dictionary(fc.constantFrom(...SETTING_NAMES), text);
  fc.assert(
    fc.property(env, (given) => {
      const lines = Object.entries(given).map(([name, value]) => formatEnvLine(name, value.replaceAll("\0", "")));
      const outcome = outcomeOf(() => load({ env: given, file: lines.join("\n") }).settings.workers);
      expect([2, 1, "CONFIG_INVALID"]).toContain(outcome);
    }),
  );
});
