import { CombotError } from "../errors.ts";
import { modelCheckReply } from "../protocol/model.ts";
import type { ModelCheckReport } from "../protocol/model.ts";
import { askProgram } from "./own-program.ts";

export interface ModelCheckOptions {
  readonly dir: string;
  readonly file?: string | undefined;
  /** To classify in place of combot's own text. */
  readonly texts: readonly string[];
  readonly timeoutMs: number;
  /** Told what the check does next, in words. */
  readonly onStage: (stage: string) => void;
}

/**
 * Has a process of its own open, load and try a model.
 *
 * @throws {CombotError} `MODEL_INVALID` with the reason where it can't be served, `DEADLINE_EXCEEDED`, `INVALID_TEXT`.
 */
export async function runModelCheck({
  dir,
  file,
  texts,
  timeoutMs,
  onStage,
}: ModelCheckOptions): Promise<ModelCheckReport> {
  const document = await askProgram({
    name: "model-check",
    request: { dir, file, texts },
    what: `${dir} was not checked`,
    timeoutMs,
    onStage,
  });
  const reply = modelCheckReply.safeParse(document);
  if (!reply.success)
    throw new CombotError("REPLY_INVALID", "the check's result does not fit the schema", { cause: reply.error });
  if ("error" in reply.data) throw new CombotError(reply.data.error.code, reply.data.error.detail);
  return reply.data;
}
