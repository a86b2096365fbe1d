import { InferenceSession, Tensor } from "onnxruntime-node";

/** Texts as token ids, and how the model wants them: all that is needed to ask it without any of combot's code. */
export interface Question {
  readonly ids: readonly (readonly number[])[];
  readonly padId: number;
  readonly paddingSide: "left" | "right";
  readonly output: string;
  /** Texts are padded to this. */
  readonly fixedLength?: number | undefined;
}

/** onnxruntime as it comes: all optimisations, one thread. */
export function openPlain(modelPath: string): Promise<InferenceSession> {
  return InferenceSession.create(modelPath, {
    executionProviders: ["cpu"],
    graphOptimizationLevel: "all",
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
}

/** One row of outputs a text. @param perRun texts padded together in one run. */
export async function askPlain(session: InferenceSession, question: Question, perRun: number): Promise<number[][]> {
  const rows: number[][] = [];
  for (let from = 0; from < question.ids.length; from += perRun) {
    rows.push(...(await runOnce(session, question, question.ids.slice(from, from + perRun))));
  }
  return rows;
}

async function runOnce(session: InferenceSession, question: Question, texts: Question["ids"]): Promise<number[][]> {
  const output = (await session.run(feedsOf(session, question, texts), [question.output]))[question.output]!;
  // Float16Array where the runtime has it; its values read as numbers all the same.
  const values = Array.from(output.data as ArrayLike<number>, Number);
  const width = values.length / texts.length;
  return texts.map((_, row) => values.slice(row * width, (row + 1) * width));
}

function feedsOf(session: InferenceSession, question: Question, texts: Question["ids"]): Record<string, Tensor> {
  const length = question.fixedLength ?? Math.max(...texts.map((text) => text.length));
  const rows = texts.map((text) => padded(text, length, question));
  const values: Record<string, (row: Row) => readonly number[]> = {
    input_ids: ({ ids }) => ids,
    attention_mask: ({ mask }) => mask,
    token_type_ids: ({ ids }) => ids.map(() => 0),
    position_ids: ({ mask }) => placesOf(mask),
  };
  const feeds = session.inputMetadata.map((input) => {
    const flat = rows.flatMap((row) => values[input.name]!(row));
    const type = input.isTensor && input.type === "int32" ? "int32" : "int64";
    const data = type === "int32" ? Int32Array.from(flat) : BigInt64Array.from(flat, BigInt);
    return [input.name, new Tensor(type, data, [texts.length, length])] as const;
  });
  return Object.fromEntries(feeds);
}

interface Row {
  readonly ids: readonly number[];
  readonly mask: readonly number[];
}

function padded(text: readonly number[], length: number, { padId, paddingSide }: Question): Row {
  const padding = Array.from({ length: length - text.length }, () => padId);
  const [none, all] = [padding.map(() => 0), text.map(() => 1)];
  return paddingSide === "left"
    ? { ids: [...padding, ...text], mask: [...none, ...all] }
    : { ids: [...text, ...padding], mask: [...all, ...none] };
}

/** 0, 1, 2 … from the first token on. */
function placesOf(mask: readonly number[]): number[] {
  let count = -1;
  return mask.map((isToken) => Math.max(0, (count += isToken)));
}
