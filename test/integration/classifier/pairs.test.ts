import { describe, expect, test } from "vitest";
import { ask, startCore } from "../../support/core.ts";
import { writeForeignModel } from "../../support/foreign-models.ts";
import { writeNliModel } from "../../support/nli-model.ts";
import { Oracle, shares } from "../../support/oracle.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { byteLevelBpe } from "../../support/tokenizers.ts";

const TEXT = "where is my order?";
const PAIR = "my card is here";
const LABELS = ["near", "far", "neither"];
const LONG = "order is my card ".repeat(30).trim();

async function start(dir: string) {
  return { core: await startCore(dir, { WORKERS: "1" }), oracle: await Oracle.open(dir, 64) };
}

const MODELS: Readonly<Record<string, () => string>> = {
  "BERT, whose second text has tokens of another type": () => writeNliModel(temporaryFolder(), LABELS),
  "RoBERTa, with two marks between": () =>
    writeForeignModel(temporaryFolder(), {
      type: "roberta",
      labels: LABELS,
      positions: 64,
      tokenizer: byteLevelBpe(),
    }),
};

describe.each(Object.entries(MODELS))("%s", (_name, make) => {
  test("has the scores of onnxruntime by hand, alone and in a batch, cut or not", async () => {
    const { core, oracle } = await start(make());
    const pairs: [string, string][] = [
      [TEXT, PAIR],
      [PAIR, TEXT],
      [LONG, PAIR],
      [PAIR, LONG],
      [LONG, LONG],
    ];
    const texts = pairs.map(([text, textPair]) => ({ text, textPair }));
    const { results } = await ask(core, { texts: [...texts, TEXT], topK: 3 });
    for (const [at, [text, pair]] of [...pairs, [TEXT, undefined] as const].entries()) {
      const expected = shares(await oracle.logits(text, pair));
      for (const { label, score } of results[at]?.scores ?? [])
        expect(Math.abs(score - expected[LABELS.indexOf(label)]!)).toBeLessThan(1e-4);
      expect(results[at]?.truncated).toBe(text === LONG || pair === LONG ? true : undefined);
    }
    // The second text counts, and so does which one is the second.
    const scores = [results[0], results[1], results[5]].map((result) => result?.scores?.map(({ score }) => score));
    expect(new Set(scores.map(String)).size).toBe(3);
  });

  test("is known again as a pair, and as nothing else", async () => {
    const { core } = await start(make());
    const sourceOf = async (call: Parameters<typeof ask>[1]) => (await ask(core, call)).results[0]?.cached;
    expect(await sourceOf({ text: TEXT, textPair: PAIR })).toBe(false);
    expect(await sourceOf({ texts: [{ text: TEXT, textPair: PAIR }] })).toBe("memory");
    for (const call of [
      { text: PAIR, textPair: TEXT },
      { text: TEXT + PAIR },
      { text: `${TEXT} ${PAIR}` },
      { text: TEXT },
    ])
      expect(await sourceOf(call)).toBe(false);
    expect(await sourceOf({ texts: [{ text: TEXT }] })).toBe("memory");
  });
});

test("what is no text is refused, second or first, by the index of both", async () => {
  const { core } = await start(writeNliModel(temporaryFolder()));
  const texts = [TEXT, { text: TEXT, textPair: "a\0b" }];
  await expect(ask(core, { texts })).rejects.toMatchObject({
    code: "INVALID_TEXT",
    index: 1,
    message: "the textPair of text 1 holds a NUL",
  });
  await expect(ask(core, { text: " ", textPair: PAIR })).rejects.toMatchObject({ message: "text 0 is empty" });
});
