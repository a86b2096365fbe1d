import { SCORE_BOUNDS } from "./answer-tally.ts";
import type { AnswerTally, ModelAnswers } from "./answer-tally.ts";

interface Value {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName?: string;
}

/** As prom-client asks a metric that counts by itself: its own would cost each answer a microsecond. */
export interface OwnMetric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "histogram";
  readonly aggregator: "sum";
  get(): Promise<OwnMetric & { readonly values: readonly Value[] }>;
  reset(): void;
}

/** What was answered, and how sure it was. */
export function answerMetrics(tally: AnswerTally): OwnMetric[] {
  const scores = "combot_answer_score";
  return [
    metric("combot_answers_total", "counter", "Answers by the label they gave and what was decided.", () =>
      tally.series(),
    ),
    metric(scores, "histogram", "Scores of the labels that were answered.", () =>
      [...tally.models].flatMap((answers) => scoreValues(scores, answers)),
    ),
  ];
}

function scoreValues(name: string, { model, scores, scoreSum }: ModelAnswers): Value[] {
  let count = 0;
  const buckets = SCORE_BOUNDS.map((le, at): Value => {
    count += scores[at] ?? 0;
    return { metricName: `${name}_bucket`, labels: { model, le }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_bucket`, labels: { model, le: "+Inf" }, value: count },
    { metricName: `${name}_sum`, labels: { model }, value: scoreSum },
    { metricName: `${name}_count`, labels: { model }, value: count },
  ];
}

function metric(name: string, type: OwnMetric["type"], help: string, read: () => readonly Value[]): OwnMetric {
  const head = { name, help, type, aggregator: "sum" } as const;
  const own: OwnMetric = {
    ...head,
    get: async () => ({ ...own, values: read() }),
    reset: () => undefined,
  };
  return own;
}
