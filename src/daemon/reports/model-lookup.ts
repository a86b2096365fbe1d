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
}

const DEFAULT = "default";

/** The model that is served by this name; undefined where none is. */
export function findModel({ current }: Models, name: string = DEFAULT): NamedModel | undefined {
  const { model, pool } = current;
  if (name !== DEFAULT && name !== model.name) return undefined;
  return {
    name: model.name,
    digest: model.digest.slice(0, 12),
    labels: model.labels,
    activation: model.activation,
    isRegression: model.regression,
    windowTokens: model.windowTokens,
    takesPairs: model.encoder.takesPairs,
    isReady: judgePool(pool).status !== "unhealthy",
  };
}
