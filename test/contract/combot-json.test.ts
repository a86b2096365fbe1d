import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { combotSchema, readSettings } from "../../src/daemon/model/combot-json.ts";
import type { CombotSettings } from "../../src/daemon/model/combot-json.ts";
import { CombotError } from "../../src/lib/errors.ts";

const PATH = "/srv/models/mood/combot.json";
const THREE = { labels: ["bad", "so so", "good"], regression: false, multiLabel: false };
const APART = { ...THREE, multiLabel: true };
const ONE = { labels: ["toxic"], regression: false, multiLabel: false };
const RAW = { labels: ["stars"], regression: true, multiLabel: false };

type Model = typeof THREE;

function read(json: unknown, model: Model = THREE): CombotSettings {
  return readSettings(PATH, typeof json === "string" ? json : JSON.stringify(json), model);
}

function refusalOf(json: unknown, model?: Model): string {
  try {
    read(json, model);
  } catch (error) {
    if (!(error instanceof CombotError) || error.code !== "MODEL_INVALID") throw error;
    return error.message;
  }
  throw new Error(`${JSON.stringify(json)} was taken`);
}

/** Of each key, what is taken, and what is refused with which words. */
const KEYS: Readonly<Record<string, { taken: readonly unknown[]; refused: readonly (readonly [unknown, RegExp])[] }>> =
  {
    minScore: {
      taken: [0, 0.62, 1],
      refused: [
        [-0.1, /minScore: .*>=0/],
        [1.1, /minScore: .*<=1/],
        ["0.5", /minScore: .*expected number, received string/],
        [null, /minScore: .*expected number, received null/],
        [[0.5], /minScore: .*expected number, received array/],
      ],
    },
    minMargin: {
      taken: [0, 0.1, 1],
      refused: [
        [-1, /minMargin: .*>=0/],
        [2, /minMargin: .*<=1/],
        [true, /minMargin: .*expected number, received boolean/],
      ],
    },
    thresholds: {
      taken: [{ bad: 0.8 }, { bad: 0, good: 1, "so so": 0.5 }, {}],
      refused: [
        [{ awful: 0.5 }, /the model has no label "awful"/],
        [{ bad: 1.5 }, /thresholds\.bad: .*<=1/],
        [{ bad: "0.5" }, /thresholds\.bad: .*expected number, received string/],
        [{ "": 0.5 }, /thresholds/],
        [["bad"], /thresholds: .*expected record, received array/],
        [0.5, /thresholds: .*expected record, received number/],
      ],
    },
    candidates: {
      taken: [["bad"], ["bad", "good"]],
      refused: [
        [[], /candidates: .*>=1/],
        [["awful"], /the model has no label "awful"/],
        [[1], /candidates\.0: .*expected string, received number/],
        [[""], /candidates\.0: .*>=1/],
        ["bad", /candidates: .*expected array, received string/],
      ],
    },
    temperature: {
      taken: [0.01, 1, 1.31, 100],
      refused: [
        [0, /temperature: .*>=0\.01/],
        [101, /temperature: .*<=100/],
        ["hot", /temperature: .*expected number, received string/],
      ],
    },
    pin: {
      taken: [true, false],
      refused: [
        ["true", /pin: .*expected boolean, received string/],
        [1, /pin: .*expected boolean, received number/],
      ],
    },
    idleUnload: {
      taken: [-1, 0, 0.5, 600, 604_800],
      refused: [
        [-2, /idleUnload: .*>=-1/],
        [604_801, /idleUnload: .*<=604800/],
        ["600s", /idleUnload: .*expected number, received string/],
      ],
    },
    workers: {
      taken: [1, 2, 64],
      refused: [
        [0, /workers: .*>=1/],
        [65, /workers: .*<=64/],
        [1.5, /workers: .*expected int/],
        ["2", /workers: .*expected number, received string/],
      ],
    },
  };

const NAMES = Object.keys(KEYS);

test("has these keys and no others, and docs/models.md names each", () => {
  expect(Object.keys(combotSchema.shape).toSorted()).toEqual(NAMES.toSorted());
  const page = readFileSync(new URL("../../docs/models.md", import.meta.url), "utf8");
  for (const name of NAMES) expect(page).toContain(`\`${name}\``);
});

describe.each(NAMES)("%s", (name) => {
  const { taken, refused } = KEYS[name]!;

  test.each(taken.map((value) => [value]))("takes %j", (value) => {
    expect(read({ [name]: value })).toEqual({ [name]: value });
  });

  test.each(refused)("refuses %j by its name", (value, words) => {
    const message = refusalOf({ [name]: value });
    expect(message).toMatch(words);
    expect(message.startsWith(`${PATH}: `)).toBe(true);
  });
});

test.each([
  ["{", /it is no JSON/],
  ["", /it is no JSON/],
  ["[]", /it must be an object/],
  ["null", /it must be an object/],
  ['"pin"', /it must be an object/],
  ['{"minScor": 0.5}', /it has the key "minScor", which means nothing here; there are minScore, minMargin, /],
  ['{"a": 1, "b": 2, "pin": true}', /it has the key "a", "b", which means nothing here/],
  ['{"minScore": 0.5, "minScore": 2}', /minScore: .*<=1/],
])("%s as a whole is refused", (text, words) => {
  expect(refusalOf(text)).toMatch(words);
});

test("what does not fit the model is refused with the reason", () => {
  expect(refusalOf({ minMargin: 0.1 }, APART)).toMatch(/minMargin: the labels of this model stand each by itself/);
  expect(refusalOf({ minMargin: 0.1 }, ONE)).toMatch(/minMargin: the labels of this model stand each by itself/);
  for (const [name, value] of Object.entries({ minScore: 0.5, minMargin: 0.1, thresholds: {}, temperature: 2 }))
    expect(refusalOf({ [name]: value }, RAW)).toMatch(new RegExp(`${name}: this model gives raw numbers`));
  const residency = { pin: true, idleUnload: 60, workers: 1 };
  expect(read(residency, RAW)).toEqual(residency);
  expect(read({ minScore: 0.5, thresholds: { toxic: 0.7 } }, ONE)).toEqual({
    minScore: 0.5,
    thresholds: { toxic: 0.7 },
  });
});

test("no file is as good as an empty one, and all keys stand beside each other", () => {
  expect(readSettings(PATH, undefined, THREE)).toEqual({});
  expect(read({})).toEqual({});
  const all = Object.fromEntries(NAMES.map((name) => [name, KEYS[name]!.taken[0]]));
  expect(read(all)).toEqual(all);
});

test("whatever is written there is taken as it is, or refused by a MODEL_INVALID with the file's path", () => {
  const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.double(), fc.boolean(), fc.constantFrom(0, 0.5, 1, 2));
  const json = fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), fc.string()), value, { maxKeys: 4 });
  fc.assert(
    fc.property(json, (settings) => {
      const text = JSON.stringify(settings);
      try {
        expect(readSettings(PATH, text, THREE)).toEqual(JSON.parse(text));
      } catch (error) {
        expect(error).toMatchObject({ code: "MODEL_INVALID", message: expect.stringContaining(PATH) as string });
      }
    }),
  );
});
