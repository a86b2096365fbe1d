import { CombotError, reworded } from "../../lib/errors.ts";
import { JointAdmission, RefusedElsewhere } from "../../lib/joint-admission.ts";
import { nextTurn } from "../../lib/turns.ts";
import type { ErrorCode } from "../../lib/error-table.ts";
import type { CallTiming } from "../../lib/protocol/call-timing.ts";
import type { ClassifyReply, ClassifyRequest, SeveralReply, SeveralResult } from "../../lib/protocol/classify.ts";
import { problemOf } from "../../lib/protocol/problem.ts";
import { charactersOf } from "../classifier/questions.ts";
import type { Models } from "./models.ts";

/** What the call itself is at fault for, or its client: no model would answer it, and nothing is told in its place. */
const OF_THE_CALL: ReadonlySet<ErrorCode> = new Set([
  "INVALID_REQUEST",
  "INVALID_TEXT",
  "BODY_TOO_LARGE",
  "MODEL_UNKNOWN",
  "ZERO_SHOT_UNSUPPORTED",
  "CLIENT_GONE",
]);

/** Failures in which no model has a part, or whose words name it already. */
const NAMELESS: ReadonlySet<ErrorCode> = new Set(["CLIENT_GONE", "INVALID_TEXT", "MODEL_UNKNOWN"]);

/** Texts of so many characters are read for all models in one turn; of more each model has a turn of its own. */
const CHARACTERS_AT_ONCE = 1024;

/** What one of the models says to all texts of the call, or why it can't. */
type Part = { readonly name: string } & ({ readonly reply: ClassifyReply } | { readonly error: CombotError });

/**
 * Asks several models of each text. Each answers as if it had been asked alone, out of its own part of the cache and by
 * its own combot.json. What has to be computed is admitted to all queues or to none, and has one deadline; as soon as one
 * model fails, what still waits for the others is given up. With `partial` each stands by itself.
 *
 * @throws {CombotError} what befell the first that failed, with its name; `MODEL_UNKNOWN`. With `partial` only what the
 *   call is at fault for, and what befell the first one where none could answer.
 */
export async function askSeveral(
  models: Models,
  request: ClassifyRequest,
  hangUp: () => AbortSignal,
  timing?: CallTiming,
): Promise<SeveralReply> {
  const from = performance.now();
  const { models: names = [], partial = false, ...shared } = request;
  await whenOpened(models, names, partial);
  const call = new SeveralCall(names.length, partial, hangUp);
  const parts: Promise<Part>[] = [];
  const isLong = charactersOf(request) > CHARACTERS_AT_ONCE;
  for (const name of names) {
    if (isLong) await nextTurn();
    if (call.isOver) break;
    const part = call.part(name, (signal, place) => models.classify({ ...shared, model: name }, signal, timing, place));
    // Nobody waits for it before all have been asked.
    part.catch(() => undefined);
    parts.push(part);
  }
  return together(await Promise.all(parts), request.texts?.length ?? 1, from);
}

/**
 * Before any text is taken: while one model was being opened, those who ask another one the same would wait too.
 *
 * @throws {CombotError} `MODEL_UNKNOWN`; `MODEL_UNAVAILABLE` where that fails the call.
 */
async function whenOpened(models: Models, names: readonly string[], partial: boolean): Promise<void> {
  for (const name of names) models.known(name);
  if (!partial) await Promise.all(names.map((name) => models.engineOf(name)));
}

class SeveralCall {
  readonly #partial: boolean;
  readonly #hangUp: () => AbortSignal;
  readonly #admission: JointAdmission | undefined;
  readonly #over = new AbortController();
  readonly #failed = Promise.withResolvers<never>();
  #isHeard = false;

  constructor(parts: number, partial: boolean, hangUp: () => AbortSignal) {
    this.#partial = partial;
    this.#hangUp = hangUp;
    this.#admission = partial ? undefined : new JointAdmission(parts);
    this.#failed.promise.catch(() => undefined);
  }

  /** One has failed, or the client has gone. */
  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  async part(
    name: string,
    ask: (hangUp: () => AbortSignal, place: ReturnType<JointAdmission["place"]> | undefined) => Promise<ClassifyReply>,
  ): Promise<Part> {
    const place = this.#admission?.place();
    try {
      return { name, reply: await ask(() => this.#signal(), place) };
    } catch (error) {
      // Whatever it was refused for is told of the model that it befell.
      if (error instanceof RefusedElsewhere) return await this.#failed.promise;
      const told = named(error, name);
      if (this.#partial && told instanceof CombotError && !OF_THE_CALL.has(told.code)) return { name, error: told };
      this.#fail(told);
      throw told;
    } finally {
      place?.leave();
    }
  }

  #fail(error: unknown): void {
    this.#admission?.refuse(error);
    this.#failed.reject(error);
    this.#over.abort();
  }

  /** One for all parts: listening to the client's going costs each call once. */
  #signal(): AbortSignal {
    if (this.#isHeard || this.isOver) return this.#over.signal;
    this.#isHeard = true;
    const gone = this.#hangUp();
    // Those who wait for the same texts of one of the models must not wait for a call that never comes to be admitted.
    const leave = (): void => this.#fail(new CombotError("CLIENT_GONE", "the client has gone"));
    if (gone.aborted) leave();
    else gone.addEventListener("abort", leave, { once: true });
    return this.#over.signal;
  }
}

function named(error: unknown, name: string): unknown {
  if (!(error instanceof CombotError) || NAMELESS.has(error.code)) return error;
  const { message } = error;
  const isNamed = message.startsWith(`${name}: `) || message.startsWith(`${name} needs `);
  return isNamed ? error : reworded(error, `${name}: ${message}`);
}

function together(parts: readonly Part[], texts: number, from: number): SeveralReply {
  const answered = parts.filter((part) => "reply" in part);
  const [first] = parts;
  if (answered.length === 0 && first && "error" in first) throw first.error;
  const results = Array.from({ length: texts }, (_, at) => ({
    byModel: Object.fromEntries(parts.map((part) => [part.name, saidBy(part, at)])),
  }));
  return {
    results,
    models: Object.fromEntries(answered.map(({ name, reply }) => [name, reply.model])),
    durationMs: Math.round((performance.now() - from) * 1000) / 1000,
  };
}

/** Of one text. */
function saidBy(part: Part, at: number): SeveralResult["byModel"][string] {
  if ("error" in part) return problemOf(part.error);
  const result = part.reply.results[at];
  if (!result) throw new RangeError(`no result ${at}`);
  return result;
}
