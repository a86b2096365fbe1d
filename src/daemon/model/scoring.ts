import type { Config } from "./config-file.ts";
import type { GraphActivation } from "./onnx-graph.ts";

export type Activation = "softmax" | "sigmoid" | "none";

/** How the graph's numbers become scores. */
export interface Scoring {
  /** What is still to be applied to the graph's output; `none` where it did so itself, or gives raw numbers. */
  readonly activation: Activation;
  /** Scores are independent of one another. */
  readonly multiLabel: boolean;
  /** Raw numbers, not 0 to 1. */
  readonly regression: boolean;
}

/**
 * As the transformers library's pipeline for text classification: what problem_type says, a sigmoid where there is one
 * label, else softmax; but nothing twice.
 *
 * @param inGraph what the graph itself applies.
 */
export function scoringOf({ problem_type: problem }: Config, labels: number, inGraph?: GraphActivation): Scoring {
  const regression = problem === "regression";
  const isMulti = problem === "multi_label_classification" || inGraph === "sigmoid" || regression;
  return {
    activation: activationOf(regression, problem, labels, inGraph),
    multiLabel: labels > 1 && isMulti,
    regression,
  };
}

function activationOf(
  regression: boolean,
  problem: Config["problem_type"],
  labels: number,
  inGraph: GraphActivation | undefined,
): Activation {
  if (regression || inGraph === "softmax" || inGraph === "sigmoid") return "none";
  // Of logarithms of probabilities, softmax makes those probabilities again.
  if (inGraph === "log-softmax") return "softmax";
  return labels === 1 || problem === "multi_label_classification" ? "sigmoid" : "softmax";
}
