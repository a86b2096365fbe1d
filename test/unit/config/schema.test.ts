import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SETTINGS_DOCS, settingsDocs } from "../../../scripts/settings-docs.ts";
import { SETTING_GROUPS, SETTING_NAMES, settingOf, VARIABLES } from "../../../src/lib/config/schema.ts";
import { load } from "./loading.ts";

test("every variable of the documented surface is there", () => {
  expect(VARIABLES.toSorted()).toMatchSnapshot();
});

describe.each(SETTING_NAMES)("%s", (name) => {
  const { type, default: text, sizes, unset, doc } = settingOf(name);

  test("has one of a default, sizes or words for being unset, and it fits its type", () => {
    expect([text, sizes, unset].filter((given) => given !== undefined)).toHaveLength(1);
    const standing = sizes ? [String(sizes["t3.large"]), String(sizes["t3.xlarge"])] : [text];
    const texts = standing.filter((given) => given !== undefined);
    expect(texts.filter((given) => !type.schema.safeParse(given).success)).toEqual([]);
  });

  test("is documented in one line that ends", () => {
    expect(doc).toMatch(/^[^\n]+\.$/);
  });

  test("throws on no text", () => {
    const read = (odd: string) => type.schema.safeParse(odd);
    expect(() => ["\0", "\n", " ", "-", "1e999", "NaN", "[", "%", "://"].map(read)).not.toThrow();
  });
});

test("the groups hold every setting once", () => {
  expect(SETTING_GROUPS.flatMap(({ names }) => names)).toEqual(SETTING_NAMES);
});

test.each([
  ["WORKERS", "workers", { "1": 1, "64": 64 }, ["0", "65", "2.5", "0x2", " 2", "two", "1e1"]],
  ["REQUEST_TIMEOUT", "requestTimeoutMs", { "0.5": 500, "30": 30_000 }, ["0", "-1", "30s", "3601", "Infinity"]],
  ["MODEL_IDLE_UNLOAD", "modelIdleUnloadMs", { "-1": -1, "0": 0, "1.5": 1500 }, ["-2", "-0.5", "never"]],
  ["PROCESS_RECYCLE_INTERVAL", "recycleIntervalMs", { "0": 0, "0.5": 1_800_000, "4": 14_400_000 }, ["-4", "4h"]],
  ["JOURNAL_RETENTION_DAYS", "journalRetentionMs", { "1": 86_400_000 }, ["0"]],
  ["MEMORY_SOURCE", "memorySource", { auto: "auto", cgroup: "cgroup" }, ["all", "AUTO"]],
  ["MEMORY_LIMIT", "memoryLimitBytes", { found: null, "512M": 536_870_912, "6G": 6_442_450_944 }, ["6X", "1M", "-1"]],
  [
    "PRELOAD",
    "preload",
    { true: true, on: true, "1": true, yes: true, false: false, off: false, "0": false, no: false, OFF: false },
    ["maybe", "2", "enabled"],
  ],
  ["LOG_LEVEL", "logLevel", { silent: "silent", trace: "trace" }, ["verbose", "INFO"]],
  ["COMBOT_MODEL_DIR", "modelDir", { "/m": "/m" }, ["m", "~/m"]],
] as const)("%s", (name, key, accepted, refused) => {
  for (const [text, value] of Object.entries(accepted)) {
    expect(load({ env: { [name]: text } }).settings[key]).toBe(value);
  }
  for (const text of refused) expect(() => load({ env: { [name]: text } })).toThrow(/fault/);
});

test("docs/settings.md says what the schema says", async () => {
  expect(readFileSync(SETTINGS_DOCS, "utf8")).toBe(await settingsDocs());
});
