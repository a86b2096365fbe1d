import { describe, expect, test } from "vitest";
import type { LoadOptions } from "../../../src/lib/config/load.ts";
import { loadSettings } from "../../../src/lib/config/load.ts";
import { reloadSettings } from "../../../src/lib/config/reload.ts";
import { SettingsInForce } from "../../../src/daemon/wiring/settings-in-force.ts";

const machine = { cores: 2, memoryBytes: 8 * 2 ** 30 };
const options = (env: Record<string, string>): LoadOptions => ({ env, machine, homeDir: "/home/me", isUnit: false });

describe("a reload", () => {
  test("takes the live settings and keeps the others, each named", () => {
    const running = loadSettings(options({ WORKERS: "2", REQUEST_TIMEOUT: "30", COMBOT_STATE_DIR: "/a" }));
    const read = options({ WORKERS: "3", REQUEST_TIMEOUT: "5", COMBOT_STATE_DIR: "/b" });
    const { loaded, changed, needRestart } = reloadSettings(running, read);
    expect(loaded.settings).toMatchObject({ workers: 2, requestTimeoutMs: 5000, stateDir: "/a" });
    expect(loaded.sources.WORKERS.shown).toBe("2");
    expect(loaded.sources.REQUEST_TIMEOUT.shown).toBe("5");
    expect(changed).toEqual(["REQUEST_TIMEOUT"]);
    expect(needRestart).toEqual(["WORKERS", "COMBOT_STATE_DIR"]);
  });

  test("of the same settings changes nothing", () => {
    const running = loadSettings(options({}));
    expect(reloadSettings(running, options({}))).toMatchObject({ changed: [], needRestart: [] });
  });

  test("goes on naming what still waits for a restart", () => {
    const running = loadSettings(options({ WORKERS: "2" }));
    const once = reloadSettings(running, options({ WORKERS: "3" }));
    expect(reloadSettings(once.loaded, options({ WORKERS: "3" })).needRestart).toEqual(["WORKERS"]);
  });

  test("with a fault anywhere is refused", () => {
    const running = loadSettings(options({}));
    expect(() => reloadSettings(running, options({ WORKERS: "no" }))).toThrow("One fault");
  });
});

describe("the settings in force", () => {
  test("are those of the moment, for whoever holds them; a refused reload leaves them", () => {
    const env = { MAX_MEMORY_USAGE: "0.85", MEMORY_LIMIT: "1G" };
    const inForce = new SettingsInForce(() => options({ ...env }));
    const { settings } = inForce;
    env.MAX_MEMORY_USAGE = "0.82";
    env.MEMORY_LIMIT = "2G";
    expect(settings.memory.high).toBe(0.85);
    inForce.reload();
    expect(settings.memory.high).toBe(0.82);
    expect(settings.memoryLimitBytes).toBe(2 * 2 ** 30);
    env.MAX_MEMORY_USAGE = "2";
    expect(() => inForce.reload()).toThrow("One fault");
    expect(settings.memory.high).toBe(0.82);
  });
});
