import { compare } from "../../src/lib/evaluation/comparison.ts";
import { evaluate } from "../../src/lib/evaluation/evaluate.ts";
import { isInScope } from "../../src/lib/evaluation/scored.ts";
import type { Scored } from "../../src/lib/evaluation/scored.ts";
import type { EvalReport, Evaluated } from "../../src/lib/protocol/model-eval.ts";
import { createRandom } from "../../src/lib/random.ts";

const LONG = "a_label_with_a_name_that_is_longer_than_a_telephone_is_wide_and_has_no_blank";

/** @param labels of the rows, as many as there are. */
function rowsOf(labels: readonly string[], count: number, right: number, seed: number): Scored[] {
  const random = createRandom(seed);
  const draw = (): string => labels[Math.floor(random() * labels.length)] ?? "";
  return Array.from({ length: count }, (_, at) => {
    const expected = at % 10 === 0 ? null : (labels[at % labels.length] ?? "");
    const predicted = expected !== null && random() < right ? expected : draw();
    const score = Math.round((0.3 + 0.7 * random()) * 1e6) / 1e6;
    const text = `row ${at} with <words> & "quotes" of ${"a-long-word-without-a-blank-".repeat(at % 7)}`;
    return { text, expected, predicted, score, expectedScore: expected === predicted ? score : 0.1 };
  });
}

function evaluatedOf(rows: readonly Scored[], labels: number): Evaluated {
  return {
    model: { name: "shop-intents", dir: "/srv/models/shop-intents", digest: "f087a559ff19".repeat(5), labels },
    temperature: 1.25,
    truncated: 3,
    ...evaluate(rows, { targetAccuracy: 0.8 }),
    cost: { p50Ms: 3.25, p95Ms: 5.5, p99Ms: 1234.5, textsPerSecond: 212.5, pssBytes: 48_000_000 },
  };
}

/** Everything that a report may have, and names as long as they may be. */
export function fullReport(): EvalReport {
  const labels = [LONG, "refund", "order_status", ...Array.from({ length: 40 }, (_, at) => `label ${at}`)];
  const [rows, others] = [rowsOf(labels, 3000, 0.85, 1), rowsOf(labels, 3000, 0.5, 2)];
  return {
    ...smallReport(),
    file: `/home/somebody/${"a-folder-with-a-long-name/".repeat(6)}rows.csv`,
    verdict: "fail",
    failures: [`The label ${LONG} is worse than the other's: 1 rows gained, 20 lost.`],
    remarks: ["combot.json says minScore 0.5."],
    evaluated: evaluatedOf(rows, labels.length),
    other: evaluatedOf(others, labels.length),
    comparison: compare(rows.filter(isInScope), others.filter(isInScope)),
    fit: {
      written: "/srv/models/shop-intents/combot.json",
      settings: { temperature: 1.3125, minScore: 0.625, thresholds: { refund: 0.5 } },
      folds: 5,
      before: { error: 0.0625, loss: 0.5 },
      after: { error: 0.015_625, loss: 0.4 },
      accepted: { score: 0.5, answered: 2000, of: 2700, accuracy: 0.95, interval: [0.94, 0.96] },
    },
  };
}

export function smallReport(): EvalReport {
  const rows = rowsOf(["a", "b"], 40, 1, 3).filter(isInScope);
  return {
    file: "rows.csv",
    at: "2026-01-01T00:00:00.000Z",
    verdict: "pass",
    failures: [],
    remarks: [],
    evaluated: evaluatedOf(rows, 2),
    other: null,
    comparison: null,
    fit: null,
  };
}
