import { InferenceSession } from "onnxruntime-node";

/**
 * Saves the optimised graph with its weights in a file of their own, packed as this CPU's kernels want them, so that
 * workers map and share what each would otherwise compute and hold for itself.
 *
 * Source: https://onnxruntime.ai/docs/performance/model-optimizations/graph-optimizations.html and the keys in
 * onnxruntime_session_options_config_keys.h.
 */
export async function prepareModel(modelPath: string, preparedPath: string, weightsName: string): Promise<void> {
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
}
