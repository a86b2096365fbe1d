import type { Dimension } from "../../../src/lib/onnx/graph.ts";
import type { ElementType } from "../../../src/lib/onnx/tensor.ts";
import { CLASSIFIER } from "./net.ts";
import type { Net } from "./net.ts";
import { linear } from "./linear.ts";
import { softmax } from "./shapes.ts";

export interface InputSpec {
  readonly names: readonly string[];
  readonly type?: "int32" | "int64";
  readonly fixedBatch?: boolean;
  readonly fixedLength?: number | undefined;
}

/** Declares the inputs. @returns each by its name, int64. */
export function declareInputs(
  net: Net,
  { names, type = "int64", fixedBatch, fixedLength }: InputSpec,
): Map<string, string> {
  const dims: Dimension[] = [fixedBatch ? 1 : "batch_size", fixedLength ?? "sequence_length"];
  for (const name of names) net.graph.input(name, type, dims);
  return new Map(names.map((name) => [name, type === "int64" ? name : net.cast(name, "int64")]));
}

export interface OutputSpec {
  readonly labels: number;
  readonly name: string;
  /** Applied to the logits before they leave the graph. */
  readonly ending?: "softmax" | "sigmoid" | undefined;
  /** Where the layout's own type is not what leaves the graph. */
  readonly type?: ElementType | undefined;
  readonly fixedBatch?: boolean | undefined;
}

/** The last layer, on [batch, inputs], with twice the usual weights: its logits differ from text to text, as trained ones do. */
export function finish(net: Net, pooled: string, inputs: number, output: OutputSpec): void {
  const logits = linear(net, pooled, CLASSIFIER, [inputs, output.labels], { gain: 2 });
  const scored = output.ending ? END[output.ending](net, logits) : logits;
  const type = output.type ?? net.float;
  const last = type === net.float ? scored : net.cast(scored, type);
  net.graph.node("Identity", [last], {}, { outputs: [output.name] });
  net.graph.output(output.name, type, [output.fixedBatch ? 1 : "batch_size", output.labels]);
}

const END = {
  softmax: (net: Net, logits: string): string => softmax(net, logits, 2),
  sigmoid: (net: Net, logits: string): string => net.node("Sigmoid", [logits]),
};
