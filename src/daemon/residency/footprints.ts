import { replaceFile } from "../../lib/replace-file.ts";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { Footprint } from "../governor/footprint.ts";
import type { SeenLoad } from "../governor/footprint.ts";
import type { Sample } from "../governor/ports.ts";
import { estimateLoad } from "../policy/fit.ts";
import type { Load } from "../policy/fit.ts";
import type { Engine } from "./engine.ts";

const bytes = z.number().min(0);

/** Older versions know nothing of loads: what they wrote is read, and they read what is written here. */
const load = z.object({ anonymousBytes: bytes, sharedBytes: bytes, loadBytes: bytes.optional() });

/** By the model's digest. */
const schema = z.record(z.string().regex(/^[0-9a-f]{64}$/), load);

/** Of models that are gone too: one that comes back is known. */
const KEPT = 256;
const OUTGROWN = 1.5;
/** A figure that has grown by less is not worth a file. */
const WORTH_WRITING = 1.02;

/** What the workers of each model were measured to take, by digest: kept in the state folder, so that a restart knows. */
export class Footprints {
  readonly #path: string;
  readonly #known: Map<string, SeenLoad>;
  /** By the engine: with its digest alone, a model that is gone would be kept by its own estimate. */
  readonly #byEngine = new WeakMap<object, Footprint>();
  readonly #written = new Map<string, SeenLoad>();
  #writing: Promise<void> | undefined;

  constructor(stateDir: string) {
    this.#path = join(stateDir, "footprints.json");
    this.#known = new Map(Object.entries(read(this.#path)));
    for (const [digest, load] of this.#known) this.#written.set(digest, load);
  }

  of(engine: Pick<Engine, "model" | "unshared" | "trial">): Footprint {
    const found = this.#byEngine.get(engine);
    if (found) return found;
    const { model, unshared, trial } = engine;
    const estimate = (): Load =>
      estimateLoad({ modelBytes: model.bytes, shared: unshared() === undefined, tried: trial() !== undefined });
    const made = new Footprint(estimate, this.#known.get(model.digest));
    this.#byEngine.set(engine, made);
    return made;
  }

  /** Takes in a reading of the processes; those count that serve, since one that still loads takes less than it will. */
  observe(sample: Sample, engines: readonly Engine[]): void {
    for (const engine of engines) {
      const serving = engine.pool.slots.flatMap(({ current }) => (current?.serving ? [current.pid] : []));
      if (serving.length === 0) continue;
      const footprint = this.of(engine);
      footprint.observe(sample, serving);
      if (footprint.seen) this.#known.set(engine.model.digest, footprint.seen);
    }
  }

  /** A worker of it has come to serve, and had so much at its most, of pages that no file backs. */
  loaded(engine: Engine, peakBytes: number): void {
    this.of(engine).observeLoad(peakBytes);
  }

  /** A load of it was killed for want of memory: the next one asks for half more. */
  outgrew(engine: Engine): void {
    const footprint = this.of(engine);
    footprint.expectLoad(OUTGROWN * footprint.bytesFor({ workers: 1, mapped: true, loading: 1 }, "system"));
  }

  /** Writes what has grown. @throws where it can't be written. */
  async keep(): Promise<void> {
    const isNews = [...this.#known].some(([digest, seen]) => isMore(seen, this.#written.get(digest)));
    if (!isNews) return;
    await this.#writing;
    this.#writing = this.#write();
    await this.#writing;
  }

  async #write(): Promise<void> {
    const kept = [...this.#known].slice(-KEPT);
    // Before it is tried: what can't be written is told once, and not once a second.
    for (const [digest, load] of this.#known) this.#written.set(digest, load);
    await replaceFile(this.#path, JSON.stringify(Object.fromEntries(kept)));
  }
}

function isMore(seen: SeenLoad, before: SeenLoad | undefined): boolean {
  if (!before) return true;
  const figures = ["anonymousBytes", "sharedBytes", "loadBytes"] as const;
  return figures.some((figure) => (seen[figure] ?? 0) > (before[figure] ?? 0) * WORTH_WRITING);
}

/** A file that says nothing is as good as none: what a model takes is measured again. */
function read(path: string): z.infer<typeof schema> {
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return {};
  }
}
