import type { Random } from "../../random.ts";
import { byWeight, zipf } from "./zipf.ts";

export interface QuestionOptions {
  readonly texts: readonly string[];
  /** How often each is asked, beside the others; without them by Zipf's law. */
  readonly weights?: readonly number[] | undefined;
  /** Distinct users; 0: nobody is named. */
  readonly users: number;
  /** No text is asked twice, and nothing comes out of a cache or goes into it. */
  readonly isUnique: boolean;
  /** By its name; without one, the default one. */
  readonly model?: string | null;
  readonly random: Random;
}

/** @returns a maker of request bodies: texts and users by Zipf's law or by their weights, the first of each most often. */
export function questions(options: QuestionOptions): () => string {
  const { texts, weights, users, isUnique, model = null, random } = options;
  const heads = texts.map((text) => `{"text":${JSON.stringify(text)}`);
  const drawText = weights ? byWeight(weights, random) : zipf(texts.length, random);
  const drawUser = users > 0 ? zipf(users, random) : undefined;
  const run = Math.floor(random() * 2 ** 32).toString(36);
  let asked = 0;
  const tail = model === null ? "}" : `,"model":${JSON.stringify(model)}}`;
  const end = (): string => (drawUser ? `,"user":"perf-test ${drawUser()}"${tail}` : tail);
  if (!isUnique) return () => heads[drawText()]! + end();
  return () => {
    const text = texts[asked % texts.length]!;
    const number = `${run}${(asked++).toString(36)}`.toUpperCase();
    return `{"text":${JSON.stringify(`${text} (order ${number})`)},"noCache":true${end()}`;
  };
}
