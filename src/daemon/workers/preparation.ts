import { readFileSync, writeFileSync } from "node:fs";
import { InferenceSession } from "onnxruntime-node";
import type { PrepareMessage } from "../../lib/protocol/worker-channel.ts";
import { alignWeights } from "./graph/external-weights.ts";
import { keepFirstQuery } from "./graph/first-query.ts";
import { keepFirstToken } from "./graph/first-token.ts";
import { OnnxGraph } from "./graph/onnx-graph.ts";

/**
 * Saves the optimised graph with its weights in a file of their own, packed as this CPU's kernels want them, so that
 * workers map and share what each would otherwise compute and hold for itself. Then leaves out of copies of the graph
 * what no answer depends on. Nothing of it is tried here: what was written may end the process that loads it.
 *
 * Source: https://onnxruntime.ai/docs/performance/model-optimizations/graph-optimizations.html and the keys in
 * onnxruntime_session_options_config_keys.h.
 *
 * @returns how many shorter graphs there are: `preparedPath` with `.1` behind it is the shortest.
 */
export async function prepareModel(message: PrepareMessage): Promise<number> {
  const { modelPath, preparedPath, weightsName, packed } = message;
  const session = await InferenceSession.create(modelPath, {
    executionProviders: ["cpu"],
    graphOptimizationLevel: "all",
    intraOpNumThreads: 1,
    optimizedModelFilePath: preparedPath,
    extra: {
      session: {
        optimized_model_external_initializers_file_name: weightsName,
        optimized_model_external_initializers_min_size_in_bytes: "1024",
        save_external_prepacked_constant_initializers: packed ? "1" : "0",
      },
    },
    // A warning says that the file suits this machine alone, which is what it is for.
    logSeverityLevel: 3,
  });
  await session.release();
  alignWeights(preparedPath, weightsName);
  return shorten(preparedPath);
}

/** What may be left out, the most of it first. */
const CUTS = [[keepFirstToken, keepFirstQuery], [keepFirstToken]] as const;

function shorten(preparedPath: string): number {
  const shorter = CUTS.map((cuts) => shorterGraph(preparedPath, cuts)).filter((graph) => graph !== undefined);
  for (const [at, graph] of shorter.entries()) writeFileSync(`${preparedPath}.${at + 1}`, graph);
  return shorter.length;
}

function shorterGraph(path: string, cuts: readonly ((graph: OnnxGraph) => boolean)[]): Uint8Array | undefined {
  try {
    const graph = new OnnxGraph(readFileSync(path));
    return cuts.every((apply) => apply(graph)) ? graph.toBytes() : undefined;
  } catch {
    // A graph of a kind that was not thought of: it serves as the optimiser wrote it.
    return undefined;
  }
}
