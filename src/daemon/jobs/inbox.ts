import { CombotError } from "../../lib/errors.ts";
import { masked } from "../../lib/personal-data.ts";
import type {
  InboxForgetReply,
  InboxForgetRequest,
  InboxLabelReply,
  InboxLabelRequest,
  InboxQuery,
  InboxReply,
} from "../../lib/protocol/inbox.ts";
import { DEFAULT_MODEL } from "../../lib/protocol/models.ts";
import { digestOf } from "../journal/inbox-counter.ts";
import { StoreFault } from "../journal/store.ts";
import type { InboxRow, InboxStore } from "../journal/store.ts";
import type { Models } from "../residency/models.ts";

export interface InboxParts {
  readonly models: Pick<Models, "tenants" | "engineOf">;
  /** With all that was not understood until now; undefined where there is no journal. @throws {StoreFault} */
  readonly read: (() => Promise<InboxStore>) | undefined;
  readonly textsKept: () => boolean;
  /** How many backups there are. */
  readonly backups: () => Promise<number>;
  /** The time of day, in ms since 1970. */
  readonly now: () => number;
}

const LISTED = 100;

/** Texts that were not understood: shown, labelled, forgotten. */
export class Inbox {
  readonly #parts: InboxParts;

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  /** @throws {CombotError} `MODEL_UNKNOWN`, `JOURNAL_OFF`, `JOURNAL_UNAVAILABLE` */
  async list({
    model = DEFAULT_MODEL,
    since,
    min = 1,
    which = "open",
    limit = LISTED,
    offset = 0,
  }: InboxQuery): Promise<InboxReply> {
    const { classifier } = await this.#parts.models.engineOf(model);
    const sinceMs = since === undefined ? 0 : Date.parse(since);
    return this.#with(async (store) => {
      const texts = await store.list({ model, sinceMs, least: min, which, limit, offset });
      const counts = await store.counts(sinceMs, model);
      return {
        model,
        textsKept: this.#parts.textsKept(),
        decides: classifier.decides,
        texts: texts.map(textOf),
        counts: counts.map(({ label, count, ambiguous }) => ({ label, count, ambiguous })),
      };
    });
  }

  /** @throws {CombotError} as `list` */
  async label({ model = DEFAULT_MODEL, given: labels }: InboxLabelRequest): Promise<InboxLabelReply> {
    const atMs = this.#parts.now();
    const given = labels.map(({ digest, label }) => ({ model, digest, given: label, at_ms: atMs }));
    const found = new Set(await this.#with((store) => store.label(given)));
    const unknown = labels.flatMap(({ digest }) => (found.has(digest) ? [] : [digest]));
    return { labelled: found.size, unknown };
  }

  /** @throws {CombotError} as `list` */
  async forget({ text, digests, all }: InboxForgetRequest): Promise<InboxForgetReply> {
    const which = all ? null : (digests ?? this.#digestsOf(text ?? ""));
    const forgotten = await this.#with((store) => store.forget(which));
    return { forgotten, backups: await this.#parts.backups() };
  }

  /** As each model's tokenizer knows it, and as it stands. */
  #digestsOf(text: string): string[] {
    const forms = this.#parts.models.tenants.map(({ engine }) => engine.model.encoder.formOf(text));
    return [...new Set([text, text.trim(), ...forms].map((form) => digestOf(masked(form))))];
  }

  async #with<T>(work: (store: InboxStore) => Promise<T>): Promise<T> {
    const { read } = this.#parts;
    if (!read) throw new CombotError("JOURNAL_OFF", "DATABASE_URL is off: nothing is kept");
    try {
      return await work(await read());
    } catch (error) {
      if (!(error instanceof StoreFault)) throw error;
      throw new CombotError("JOURNAL_UNAVAILABLE", error.message, { retryAfterSeconds: 5 });
    }
  }
}

function textOf({
  digest,
  text,
  count,
  ambiguous,
  label,
  score,
  lastSeenMs,
  given,
}: InboxRow): InboxReply["texts"][number] {
  return { digest, text, count, ambiguous, label, score, lastSeen: new Date(lastSeenMs).toISOString(), given };
}
