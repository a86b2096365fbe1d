import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ClassifyReply } from "../../../src/lib/protocol/classify.ts";
import { referencesOf } from "./reference.ts";
import type { Reference } from "./reference.ts";

type References = ReadonlyMap<string, Reference>;

export interface Judged {
  readonly answers: number;
  readonly wrong: readonly string[];
  /** By the tier that gave them, `computed` beside them. */
  readonly from: Readonly<Record<string, number>>;
  readonly digests: number;
}

/** Far below the distance of two models' answers; 32 bits in a batch stay within. */
const TOLERANCE = 1e-4;

/** Holds answers against what the model of their digest answers. */
export class Judge {
  readonly #texts: readonly string[];
  readonly #stateDir: string;
  readonly #references = new Map<string, References>();
  readonly #replies: ClassifyReply[] = [];

  /** @param stateDir of the daemon, whose copies are read. */
  constructor(texts: readonly string[], stateDir: string) {
    this.#texts = texts;
    this.#stateDir = stateDir;
  }

  get texts(): readonly string[] {
    return this.#texts;
  }

  /** To all texts, in their order. */
  add(reply: ClassifyReply): void {
    this.#replies.push(reply);
  }

  /**
   * Learns what the model of a digest answers, from the copy that was used last: what was copied while somebody wrote
   * may be a folder that never was one of the models, and the model of its digest all the same.
   */
  async learn(digest: string): Promise<void> {
    if (this.#references.has(digest)) return;
    const store = join(this.#stateDir, "models");
    const folders = readdirSync(store)
      .map((name) => join(store, name))
      .filter((path) => existsSync(join(path, ".sealed.json")));
    const last = folders.toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
    if (last === undefined) throw new Error(`no copy is there for ${digest}`);
    const { file } = JSON.parse(readFileSync(join(last, ".sealed.json"), "utf8")) as { file: string };
    this.#references.set(digest, await referencesOf({ dir: last, file }, this.#texts));
  }

  judge(): Judged {
    const wrong: string[] = [];
    const from: Record<string, number> = {};
    for (const { model, results } of this.#replies) {
      for (const [at, { label, score, cached }] of results.entries()) {
        const tier = cached === false ? "computed" : cached;
        from[tier] = (from[tier] ?? 0) + 1;
        const text = this.#texts[at] ?? "";
        const right = this.#references.get(model.digest)?.get(text);
        if (right?.label === label && Math.abs(right.score - score) < TOLERANCE) continue;
        wrong.push(`${model.digest} (${tier}): ${text}: ${label} ${score}, not ${right?.label} ${right?.score}`);
      }
    }
    const answers = this.#replies.length * this.#texts.length;
    return { answers, wrong, from, digests: this.#references.size };
  }
}
