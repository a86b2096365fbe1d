import { MAX_MODELS } from "../../lib/protocol/models.ts";
import type { ModelMinuteRow } from "../journal/events.ts";
import type { ModelMinute } from "../residency/minute-uses.ts";
import type { Uses } from "../residency/uses.ts";
import { ModelLabels, OTHER } from "./model-labels.ts";

interface Served {
  readonly engine: Using;
}

interface Using {
  readonly uses: Uses;
}

export interface ModelMinutesParts {
  /** Those that a call can name. */
  readonly tenants: () => readonly (Served & { readonly name: string })[];
  /** Those too that are on their way out, and may still answer. */
  readonly engines: () => readonly Using[];
}

/** What came of each model in a minute, under the names that the metrics have: at most 64, the rest together. */
export class ModelMinutes {
  readonly #parts: ModelMinutesParts;
  readonly #labels = new ModelLabels();
  /** One that was replaced counts under its name until it is gone, and the one in its place from 0 on. */
  readonly #followed = new Map<Uses, string>();

  constructor(parts: ModelMinutesParts) {
    this.#parts = parts;
  }

  /** Each second: who comes and goes within a minute is not missed. */
  look(): void {
    const tenants = this.#parts.tenants();
    const labels = this.#labels.of(tenants.map(({ name }) => name));
    for (const [at, { engine }] of tenants.entries()) this.#followed.set(engine.uses, labels[at] ?? OTHER);
  }

  /** Of those that were asked, loaded or evicted, in the order of their names; all begins anew. */
  take(): ModelMinuteRow[] {
    this.look();
    const here = new Set([...this.#parts.tenants().map(({ engine }) => engine), ...this.#parts.engines()]);
    const usesHere = new Set([...here].map(({ uses }) => uses));
    const minutes = new Map<string, ModelMinute>();
    for (const [uses, label] of this.#followed) {
      const minute = uses.minute.take();
      if (minute) add(minutes, label, minute);
      else if (!usesHere.has(uses)) this.#followed.delete(uses);
    }
    return [...minutes].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([model, minute]) => rowOf(model, minute));
  }
}

function add(minutes: Map<string, ModelMinute>, label: string, minute: ModelMinute): void {
  const name = minutes.has(label) || minutes.size < MAX_MODELS ? label : OTHER;
  const before = minutes.get(name);
  minutes.set(name, before ? together(before, minute) : minute);
}

function together(a: ModelMinute, b: ModelMinute): ModelMinute {
  return {
    requests: a.requests + b.requests,
    failures: a.failures + b.failures,
    texts: a.texts + b.texts,
    cachedTexts: a.cachedTexts + b.cachedTexts,
    answeredMs: a.answeredMs + b.answeredMs,
    p99Ms: a.p99Ms === null || b.p99Ms === null ? (a.p99Ms ?? b.p99Ms) : Math.max(a.p99Ms, b.p99Ms),
    loads: a.loads + b.loads,
    evictions: a.evictions + b.evictions,
  };
}

function rowOf(model: string, { cachedTexts, answeredMs, p99Ms, ...counts }: ModelMinute): ModelMinuteRow {
  const p99 = p99Ms === null ? null : Number(p99Ms.toPrecision(4));
  return { model, ...counts, cached_texts: cachedTexts, answered_ms: Number(answeredMs.toPrecision(6)), p99_ms: p99 };
}
