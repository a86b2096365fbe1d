import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ClassifyReply } from "../../../../../src/lib/protocol/classify.ts";
import { writeFolder } from "../../../../model/folder.ts";
import { shopTexts } from "../../shop-texts.ts";

const PROGRAM = fileURLToPath(new URL("./oracle-process.ts", import.meta.url));
const BUNDLED = fileURLToPath(new URL("../../../../../models/shop-intents", import.meta.url));
const TEXTS = 300;
/** What the files move themselves by when texts share a batch. */
const TOLERANCE = 1e-3;
const SECOND = {
  type: "distilbert",
  hidden: 64,
  layers: 2,
  heads: 2,
  intermediate: 128,
  vocab: 3000,
  positions: 128,
  labels: 8,
  int8: false,
  idleNodes: 0,
  seed: 7,
} as const;

type Answer = readonly [label: string, score: number];

/** Two models, and what each answers to every text, by onnxruntime and the tokenizers library alone. */
export class Answers {
  readonly texts: readonly string[];
  /** Their folders. */
  readonly models: readonly string[];
  readonly #byModel: ReadonlyMap<string, Readonly<Record<string, Answer>>>;

  private constructor(texts: readonly string[], models: readonly string[], folder: string) {
    this.texts = texts;
    this.models = models;
    const textsFile = join(folder, "texts.json");
    writeFileSync(textsFile, JSON.stringify(texts));
    this.#byModel = new Map(
      models.map((dir) => {
        const out = join(folder, `${basename(dir)}.json`);
        execFileSync(process.execPath, [PROGRAM, textsFile, out, dir], { stdio: ["ignore", "ignore", "inherit"] });
        return [basename(dir), JSON.parse(readFileSync(out, "utf8")) as Record<string, Answer>];
      }),
    );
  }

  static make(folder: string): Answers {
    mkdirSync(folder, { recursive: true });
    const [first, second] = [join(folder, "shop-intents"), join(folder, "second")];
    cpSync(BUNDLED, first, { recursive: true });
    writeFolder(second, SECOND, false, () => undefined);
    return new Answers(shopTexts().slice(0, TEXTS), [first, second], folder);
  }

  /** What is wrong about an answer; undefined where nothing is. */
  wrongOf(text: string, { model, results }: ClassifyReply): string | undefined {
    const [result] = results;
    const right = this.#byModel.get(model.name)?.[text];
    if (!result || results.length !== 1 || !right) return `${results.length} results by ${model.name}`;
    const [label, score] = right;
    if (result.label === label && Math.abs(result.score - score) <= TOLERANCE) return undefined;
    return `${model.name}: ${text}: ${result.label} ${result.score} (cached: ${result.cached}), not ${label} ${score}`;
  }
}
