import type { ClassifyReply, ClassifyResult, SeveralReply, SeveralResult } from "../../lib/protocol/classify.ts";
import { Turns } from "../../lib/turns.ts";

/** Turned to JSON at once up to here; 65,536 scores with long labels take a tenth of a second. */
const SCORES_AT_ONCE = 1024;

/** In this order; whoever has another one, or anything else, is not plain. */
const PLAIN: readonly string[] = ["label", "score", "cached", "decision", "margin"];

/** The reply as it is sent: at once, or where it is long made in short turns. */
export function classifyJson(reply: ClassifyReply | SeveralReply): string | Promise<Buffer> {
  if ("model" in reply && reply.results.length === 1 && isPlain(reply.results[0]!)) return plainJson(reply);
  let scores = 0;
  for (const result of reply.results) scores += "byModel" in result ? scoresOf(result) : (result.scores?.length ?? 0);
  return scores <= SCORES_AT_ONCE ? JSON.stringify(reply) : longJson(reply);
}

function isPlain(result: ClassifyResult): boolean {
  let at = 0;
  for (const name in result) if (PLAIN[at++] !== name) return false;
  return (at === PLAIN.length || at === PLAIN.length - 2) && Number.isFinite(result.score);
}

/** What most calls are told, in half the time that JSON.stringify takes for it. */
function plainJson({ results, model, durationMs }: ClassifyReply): string {
  const { label, score, cached, decision, margin } = results[0]!;
  const from = cached === false ? "false" : `"${cached}"`;
  const decided = decision === undefined ? "" : `,"decision":"${decision}","margin":${margin}`;
  const said = `{"label":${JSON.stringify(label)},"score":${score},"cached":${from}${decided}}`;
  return `{"results":[${said}],"model":${modelJson(model)},"durationMs":${durationMs}}`;
}

let lastModel = { name: "", digest: "" };
let lastModelJson = JSON.stringify(lastModel);

/** Most replies are of the same model as the one before. */
function modelJson(model: ClassifyReply["model"]): string {
  if (model.name !== lastModel.name || model.digest !== lastModel.digest) {
    lastModel = model;
    lastModelJson = JSON.stringify(model);
  }
  return lastModelJson;
}

function scoresOf({ byModel }: SeveralResult): number {
  let scores = 0;
  // A result without scores is one as well: there may be a thousand.
  for (const said of Object.values(byModel)) scores += "scores" in said ? (said.scores?.length ?? 1) : 1;
  return scores;
}

async function longJson({ results, ...rest }: ClassifyReply | SeveralReply): Promise<Buffer> {
  const turns = new Turns();
  const pieces: Buffer[] = [];
  let start = '{"results":[';
  for (const result of results) {
    for (const piece of "byModel" in result ? piecesOfEach(result) : piecesOf(result)) {
      pieces.push(Buffer.from(start + piece));
      start = "";
      if (turns.isOver) await turns.next();
    }
    start = ",";
  }
  pieces.push(Buffer.from(`],${JSON.stringify(rest).slice(1)}`));
  return Buffer.concat(pieces);
}

function* piecesOfEach({ byModel }: SeveralResult): Generator<string> {
  let start = '{"byModel":{';
  for (const [name, said] of Object.entries(byModel)) {
    start += `${JSON.stringify(name)}:`;
    for (const piece of "code" in said ? [JSON.stringify(said)] : piecesOf(said)) {
      yield start + piece;
      start = "";
    }
    start = ",";
  }
  yield "}}";
}

/** The scores come last, some at a time. */
function* piecesOf({ scores, ...rest }: ClassifyResult): Generator<string> {
  const head = JSON.stringify(rest);
  yield scores ? `${head.slice(0, -1)},"scores":[` : head;
  if (!scores) return;
  for (let at = 0; at < scores.length; at += SCORES_AT_ONCE) {
    const some = JSON.stringify(scores.slice(at, at + SCORES_AT_ONCE)).slice(1, -1);
    yield at === 0 ? some : `,${some}`;
  }
  yield "]}";
}
