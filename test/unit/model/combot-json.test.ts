import { expect, test } from "vitest";
import { readSettings } from "../../../src/daemon/model/combot-json.ts";

const MODEL = { labels: ["one", "two"], regression: false, multiLabel: false };
const read = (text: string, model = MODEL): unknown => readSettings("m/combot.json", text, model);

test("nothing is wanted where there is no such file", () => {
  expect(readSettings("m/combot.json", undefined, MODEL)).toEqual({});
});

test("every key there is", () => {
  const all = { minScore: 0.5, minMargin: 0.1, thresholds: { one: 0.9 }, candidates: ["one"], temperature: 1.5 };
  expect(read(JSON.stringify(all))).toEqual(all);
});

test.each([
  ['{"minScor":0.5}', MODEL, 'it has the key "minScor", which means nothing here; there are minScore, minMargin'],
  ['{"minScore":2}', MODEL, "minScore: Too big"],
  ['{"thresholds":{"four":0.5}}', MODEL, 'the model has no label "four"'],
  ['{"candidates":["one","four"]}', MODEL, 'the model has no label "four"'],
  ['{"temperature":0}', MODEL, "temperature: Too small"],
  ['{"minScore":0.5}', { ...MODEL, regression: true }, "minScore: this model gives raw numbers"],
  ['{"minMargin":0.5}', { ...MODEL, multiLabel: true }, "minMargin: the labels of this model stand each by itself"],
  ["[]", MODEL, "it must be an object"],
  ["minScore=0.5", MODEL, "it is no JSON"],
])("%s is refused by name", (text, model, told) => {
  expect(() => read(text, model)).toThrow(`m/combot.json: ${told}`);
});
