import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { CombotError } from "../errors.ts";
import { packageFile } from "../package-files.ts";
import { modelCheckReply } from "../protocol/model.ts";
import type { ModelCheckReport } from "../protocol/model.ts";
import { tetheredNode } from "../tether.ts";

const LAUNCHER = packageFile("bin/model-check.js");

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
  const child = fork(LAUNCHER, [JSON.stringify({ dir, file, texts })], {
    ...tetheredNode(),
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  child.on("message", (message) => onStage(String((message as { stage?: unknown }).stage)));
  let isLate = false;
  // It ends its worker and then itself when nobody listens any more.
  const deadline = setTimeout(() => {
    isLate = true;
    if (child.connected) child.disconnect();
  }, timeoutMs);
  try {
    const output = await outputOf(child);
    if (isLate) throw new CombotError("DEADLINE_EXCEEDED", `${dir} was not checked within ${timeoutMs / 1000} s`);
    return parseReply(output);
  } finally {
    clearTimeout(deadline);
  }
}

interface Output {
  readonly stdout: string;
  readonly stderr: string;
  readonly end: string;
}

async function outputOf(child: ChildProcess): Promise<Output> {
  // Not `close`, which doesn't come where we have disconnected.
  const ended = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const read = (stream: ChildProcess["stdout"]): Promise<string> => (stream ? text(stream) : Promise.resolve(""));
  const [[status, signal], stdout, stderr] = await Promise.all([ended, read(child.stdout), read(child.stderr)]);
  return { stdout, stderr, end: signal ?? `status ${status}` };
}

/** What the runtime writes to stderr is told only where nothing else is. */
function parseReply({ stdout, stderr, end }: Output): ModelCheckReport {
  let document: unknown;
  try {
    document = JSON.parse(stdout);
  } catch (error) {
    throw new CombotError("INTERNAL", `the check ended with ${end} and no result: ${stderr.trim()}`, { cause: error });
  }
  const reply = modelCheckReply.safeParse(document);
  if (!reply.success)
    throw new CombotError("REPLY_INVALID", "the check's result does not fit the schema", { cause: reply.error });
  if ("error" in reply.data) throw new CombotError(reply.data.error.code, reply.data.error.detail);
  return reply.data;
}
