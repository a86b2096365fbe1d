import { Registry } from "prom-client";
import type { Counter } from "prom-client";
import { expect, test } from "vitest";
import { answerMetrics } from "../../../src/daemon/metrics/answer-metrics.ts";
import { AnswerTally } from "../../../src/daemon/metrics/answer-tally.ts";
import type { ClassifyResult } from "../../../src/lib/protocol/classify.ts";

function result(label: string, score: number, decision?: ClassifyResult["decision"]): ClassifyResult {
  return { label, score, cached: "memory", ...(decision && { decision }) };
}

async function page(tally: AnswerTally): Promise<string[]> {
  const registry = new Registry();
  for (const metric of answerMetrics(tally)) registry.registerMetric(metric as unknown as Counter);
  return (await registry.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

test("answers stand by model, label and decision; scores in buckets that hold what is below", async () => {
  const tally = new AnswerTally(() => 0);
  tally.of("default").count(result("refund", 0.3, "unsure"), false);
  tally.of("default").count(result("refund", 0.95, "accept"), false);
  tally.of("default").count(result("refund", 1, "accept"), false);
  tally.of("mood").count(result("good", 0.05), false);
  tally.of("mood").count(result("a label of a call", 0.5), true);
  // Of a regression: a number, and no score.
  tally.of("stars").count(result("stars", 4.5), false);
  const lines = await page(tally);
  expect(lines.filter((line) => line.startsWith("combot_answers_total"))).toEqual([
    'combot_answers_total{model="default",label="refund",decision="accept"} 2',
    'combot_answers_total{model="default",label="refund",decision="unsure"} 1',
    'combot_answers_total{model="mood",label="good",decision="none"} 1',
    'combot_answers_total{model="mood",label="(other)",decision="none"} 1',
    'combot_answers_total{model="stars",label="stars",decision="none"} 1',
  ]);
  const own = lines.filter(
    (line) => line.includes('model="default",le=') || /_(sum|count)\{model="default"/.test(line),
  );
  expect(own).toEqual([
    ...["0.1", "0.2"].map((le) => `combot_answer_score_bucket{model="default",le="${le}"} 0`),
    ...["0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9"].map(
      (le) => `combot_answer_score_bucket{model="default",le="${le}"} 1`,
    ),
    ...["0.95", "0.99"].map((le) => `combot_answer_score_bucket{model="default",le="${le}"} 2`),
    ...["1", "+Inf"].map((le) => `combot_answer_score_bucket{model="default",le="${le}"} 3`),
    'combot_answer_score_sum{model="default"} 2.25',
    'combot_answer_score_count{model="default"} 3',
  ]);
  expect(lines).toContain('combot_answer_score_count{model="stars"} 0');
});

test("labels are told apart up to 200 of a model and 1000 of all, and none is lost", () => {
  const tally = new AnswerTally(() => 0);
  for (let model = 0; model < 8; model++)
    for (let label = 0; label < 20_000; label++) tally.of(`m${model}`).count(result(`l${label}`, 0.5), false);
  const series = tally.series();
  const of = (model: string) => series.filter(({ labels }) => labels["model"] === model);
  expect(of("m0")).toHaveLength(201);
  expect(series.length).toBeLessThanOrEqual(1008);
  for (let model = 0; model < 8; model++)
    expect(of(`m${model}`).reduce((sum, { value }) => sum + value, 0)).toBe(20_000);
});

test("what is taken is what came since; the recent share is of five to ten minutes", () => {
  let nowMs = 0;
  const tally = new AnswerTally(() => nowMs);
  const count = (unsure: number, sure: number): void => {
    for (let at = 0; at < unsure; at++) tally.of("default").count(result("a", 0.2, "ambiguous"), false);
    for (let at = 0; at < sure; at++) tally.of("default").count(result("a", 0.9, "accept"), false);
  };
  expect(tally.recent()).toEqual({ decided: 0, unsure: 0, unsureShare: null });
  count(1, 3);
  expect(tally.take()).toEqual([{ model: "default", decided: 4, unsure: 1 }]);
  expect(tally.take()).toEqual([{ model: "default", decided: 0, unsure: 0 }]);
  for (nowMs = 0; nowMs < 300_000; nowMs += 1000) tally.look();
  tally.look();
  count(3, 1);
  expect(tally.recent()).toEqual({ decided: 8, unsure: 4, unsureShare: 0.5 });
  for (; nowMs <= 600_000; nowMs += 1000) tally.look();
  expect(tally.recent()).toEqual({ decided: 4, unsure: 3, unsureShare: 0.75 });
  for (; nowMs <= 900_000; nowMs += 1000) tally.look();
  expect(tally.recent()).toEqual({ decided: 0, unsure: 0, unsureShare: null });
});
