import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readTokenizer, tokenizerSchema } from "../../../src/daemon/model/tokenizer-file.ts";
import { Encoder } from "../../../src/daemon/text/encoder.ts";
import { FAMILIES } from "../../tokenizers/families.ts";
import type { Capability, Line, Part } from "../record.ts";
import { SETTINGS } from "./tokens/job.ts";
import type { Job, Outcome, Setting } from "./tokens/job.ts";
import { Texts } from "./tokens/texts.ts";

const LIBRARY = fileURLToPath(new URL("tokens/library-process.ts", import.meta.url));
const TEXTS = 100_000;
const SEED = 17;
/** Folders with further tokenizer.json files, one in each or in folders of it. */
const MORE = (process.env["COMBOT_ACCEPT_TOKENIZERS"] ?? "").split(":").filter(Boolean);

/** Tokenizers of all families, held against the library on generated texts. */
export const tokens: Capability = {
  name: "tokens",
  summary: "Token ids of generated texts by tokenizers of all families, held against the tokenizers library by itself",
  parts: [
    { name: "families", run: (say) => compareAll(Object.entries(FAMILIES), TEXTS, say) },
    ...(MORE.length > 0
      ? [{ name: "given", run: (say: Parameters<Part["run"]>[0]) => compareAll(given(), TEXTS / 10, say) }]
      : []),
  ],
};

function given(): [string, () => object][] {
  const files = MORE.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith("tokenizer.json"))
      .map((name) => join(folder, name)),
  );
  return files.map((path, at) => [`given ${at + 1}`, () => JSON.parse(readFileSync(path, "utf8")) as object]);
}

async function* compareAll(
  families: readonly (readonly [string, () => object])[],
  texts: number,
  say: (progress: string) => void,
): AsyncGenerator<Line> {
  const each = Math.ceil(texts / families.length);
  let differing = 0;
  let all = 0;
  for (const [name, make] of families) {
    const found = await compare(name, make(), each, say);
    differing += found.differing.length;
    all += found.texts;
    const example = found.differing[0] === undefined ? "" : `, as ${JSON.stringify(found.differing[0]).slice(0, 200)}`;
    yield {
      what: `${name}: of ${found.texts} texts (${found.pairs} in pairs, ${found.truncated} cut) have other tokens`,
      measured: `${found.differing.length}${example}`,
      target: "0",
      pass: found.differing.length === 0,
    };
  }
  yield {
    what: `of ${all} texts, ${families.length} tokenizers`,
    measured: differing,
    target: "0",
    pass: differing === 0,
  };
}

interface Found {
  readonly texts: number;
  readonly pairs: number;
  readonly truncated: number;
  readonly differing: readonly Job[];
}

async function compare(name: string, json: object, count: number, say: (progress: string) => void): Promise<Found> {
  const folder = mkdtempSync(join(tmpdir(), "combot-tokens-"));
  try {
    writeFileSync(join(folder, "tokenizer.json"), JSON.stringify({ ...json, padding: null, truncation: null }));
    const texts = new Texts(SEED, name);
    const found = { texts: 0, pairs: 0, truncated: 0, differing: [] as Job[] };
    for (const [at, setting] of SETTINGS.entries()) {
      say(`${name}: ${at + 1} of ${SETTINGS.length}`);
      const jobs = Array.from({ length: Math.ceil(count / SETTINGS.length) }, (_, at): Job => {
        const text = texts.next();
        return at % 3 === 0 ? { text, pair: texts.next() } : { text };
      });
      const encoder = await open(json, setting);
      const taken = jobs.filter(({ pair }) => pair === undefined || encoder.takesPairs);
      const right = await askLibrary(folder, setting, taken);
      for (const [at, job] of taken.entries()) {
        const same = await encodesAs(encoder, job, right[at]!);
        if (!same) found.differing.push(job);
        found.truncated += right[at]![2] ? 1 : 0;
      }
      found.texts += taken.length;
      found.pairs += taken.filter(({ pair }) => pair !== undefined).length;
    }
    return found;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function open(json: object, { windowTokens, side }: Setting): Promise<Encoder> {
  const { json: read } = readTokenizer(tokenizerSchema.parse(json));
  return await Encoder.open(read, { windowTokens, truncationSide: side });
}

/** First with no word of it known, then from memory, and as the text was given. */
async function encodesAs(encoder: Encoder, { text, pair }: Job, right: Outcome): Promise<boolean> {
  const formed = { text: encoder.formOf(text), pair: pair === undefined ? undefined : encoder.formOf(pair) };
  for (const input of [formed, formed, { text, pair }]) {
    const { ids, types, truncated } = await encoder.encode(input);
    const [rightIds, rightTypes, rightTruncated] = right;
    const isSame =
      ids.join() === rightIds.join() &&
      (types ?? new Int32Array(ids.length)).join() === rightTypes.join() &&
      truncated === rightTruncated;
    if (!isSame) return false;
  }
  return true;
}

async function askLibrary(folder: string, setting: Setting, jobs: readonly Job[]): Promise<readonly Outcome[]> {
  const [jobsPath, outcomesPath] = [join(folder, "jobs.json"), join(folder, "outcomes.json")];
  writeFileSync(jobsPath, JSON.stringify({ setting, jobs }));
  await promisify(execFile)(process.execPath, [LIBRARY, join(folder, "tokenizer.json"), jobsPath, outcomesPath]);
  return JSON.parse(readFileSync(outcomesPath, "utf8")) as Outcome[];
}
