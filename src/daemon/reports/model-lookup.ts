import { DEFAULT_MODEL } from "../../lib/protocol/models.ts";
import type { Engine } from "../residency/engine.ts";
import type { Models } from "../residency/models.ts";
import { judgePool } from "./health-report.ts";

/** What a caller who names a model may know of it. */
export interface NamedModel {
  readonly name: string;
  /** Its first 12 hex digits. */
  readonly digest: string;
  readonly labels: readonly string[];
  readonly activation: "softmax" | "sigmoid" | "none";
  /** Its scores are numbers that may be anything. */
  readonly isRegression: boolean;
  readonly windowTokens: number;
  readonly takesPairs: boolean;
  /** A text for it would be answered. */
  readonly isReady: boolean;
  /** What a call names it by; undefined: a call without a name is for it. */
  readonly asks: string | undefined;
}

/**
 * The model that is served by this name; undefined where none is. The default one has its folder's name beside its own,
 * unless a model of the repository has that.
 */
export function findModel({ current, repository }: Models, name: string = DEFAULT_MODEL): NamedModel | undefined {
  const engine = repository.entries.find((entry) => entry.name === name)?.engine;
  if (engine) return describe(engine, name, name);
  const { model } = current;
  return name === DEFAULT_MODEL || name === model.name ? describe(current, model.name, undefined) : undefined;
}

/** Those that a call can name, whether they can be served or not. */
export function namesOf({ repository }: Models): string[] {
  return [DEFAULT_MODEL, ...repository.entries.map(({ name }) => name)];
}

function describe({ model, pool }: Engine, name: string, asks: string | undefined): NamedModel {
  return {
    name,
    digest: model.digest.slice(0, 12),
    labels: model.labels,
    activation: model.activation,
    isRegression: model.regression,
    windowTokens: model.windowTokens,
    takesPairs: model.encoder.takesPairs,
    isReady: judgePool(pool).status !== "unhealthy",
    asks,
  };
}
