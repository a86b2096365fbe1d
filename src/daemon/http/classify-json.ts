import type { ClassifyReply, ClassifyResult } from "../../lib/protocol/classify.ts";
import { Turns } from "../../lib/turns.ts";

/** Turned to JSON at once up to here; 65,536 scores with long labels take a tenth of a second. */
const SCORES_AT_ONCE = 1024;

/** The reply as it is sent, made in short turns where it is long. */
export async function classifyJson(reply: ClassifyReply): Promise<string | Buffer> {
  let scores = 0;
  for (const result of reply.results) scores += result.scores?.length ?? 0;
  return scores <= SCORES_AT_ONCE ? JSON.stringify(reply) : longJson(reply);
}

async function longJson({ results, ...rest }: ClassifyReply): Promise<Buffer> {
  const turns = new Turns();
  const pieces: Buffer[] = [];
  let start = '{"results":[';
  for (const result of results) {
    for (const piece of piecesOf(result)) {
      pieces.push(Buffer.from(start + piece));
      start = "";
      if (turns.isOver) await turns.next();
    }
    start = ",";
  }
  pieces.push(Buffer.from(`],${JSON.stringify(rest).slice(1)}`));
  return Buffer.concat(pieces);
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
