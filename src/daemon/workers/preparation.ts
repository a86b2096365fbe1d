import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { InferenceSession } from "onnxruntime-node";
import type { PrepareMessage } from "../../lib/protocol/worker-channel.ts";
import { keepFirstQuery } from "./graph/first-query.ts";
import { keepFirstToken } from "./graph/first-token.ts";
import { OnnxGraph } from "./graph/onnx-graph.ts";
import { ModelSession } from "./session.ts";

/**
 * How far the rewritten graph's logits may lie from the optimised one's, as a part of their spread: 0.01 was measured,
 * since activations are quantised over the range of those that are computed. A text's mates in a batch shift them as far.
 */
const TOLERANCE = 0.05;

/**
 * Saves the optimised graph with its weights in a file of their own, packed as this CPU's kernels want them, so that
 * workers map and share what each would otherwise compute and hold for itself. Then has the graph leave out what no
 * answer depends on.
 *
 * Source: https://onnxruntime.ai/docs/performance/model-optimizations/graph-optimizations.html and the keys in
 * onnxruntime_session_options_config_keys.h.
 */
export async function prepareModel(message: PrepareMessage): Promise<void> {
  const { modelPath, preparedPath, weightsName } = message;
  const session = await InferenceSession.create(modelPath, {
    executionProviders: ["cpu"],
    graphOptimizationLevel: "all",
    intraOpNumThreads: 1,
    optimizedModelFilePath: preparedPath,
    extra: {
      session: {
        optimized_model_external_initializers_file_name: weightsName,
        optimized_model_external_initializers_min_size_in_bytes: "1024",
        save_external_prepacked_constant_initializers: "1",
      },
    },
    // A warning says that the file suits this machine alone, which is what it is for.
    logSeverityLevel: 3,
  });
  await session.release();
  await shorten(message);
}

/** What may be left out, the most of it first. */
const CUTS = [[keepFirstToken, keepFirstQuery], [keepFirstToken]] as const;

/** Leaves the graph as it is where no shorter one loads and says the same. */
async function shorten(message: PrepareMessage): Promise<void> {
  for (const cuts of CUTS) if (await cut(message, cuts)) return;
}

async function cut(message: PrepareMessage, cuts: readonly ((graph: OnnxGraph) => boolean)[]): Promise<boolean> {
  const { preparedPath } = message;
  const shortPath = `${preparedPath}.short`;
  try {
    const graph = new OnnxGraph(readFileSync(preparedPath));
    if (!cuts.every((apply) => apply(graph))) return false;
    writeFileSync(shortPath, graph.toBytes());
    if (!agree(await answerOf(message, preparedPath), await answerOf(message, shortPath))) return false;
    renameSync(shortPath, preparedPath);
    return true;
  } catch {
    // A graph of a kind that was not thought of: it serves as the optimiser wrote it.
    return false;
  } finally {
    rmSync(shortPath, { force: true });
  }
}

/** To the probe and to its first two tokens, which share a batch: padding is there as well. */
async function answerOf(message: PrepareMessage, modelPath: string): Promise<Float32Array> {
  const { probe } = message;
  const session = await ModelSession.load({ ...message, type: "load", modelPath, prepared: true, threads: 1 });
  const head = probe.subarray(0, 2);
  const lengths = Int32Array.of(probe.length, head.length);
  return session.run({ ids: Int32Array.from([...probe, ...head]), types: new Int32Array(), lengths });
}

function agree(expected: Float32Array, found: Float32Array): boolean {
  const spread = Math.max(...expected) - Math.min(...expected);
  return expected.every((logit, at) => Math.abs(logit - (found[at] ?? NaN)) <= TOLERANCE * spread + 1e-6);
}
