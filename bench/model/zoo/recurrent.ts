import type { TextInputs } from "./classic.ts";
import { quantiseWhole } from "./quantise.ts";
import type { Net } from "./net.ts";
import { reduce } from "./shapes.ts";

/** No multiple of what a cache line holds. */
const SIZE = 50;
const GATES = { LSTM: 4, GRU: 3, RNN: 1 } as const;
export type Cell = keyof typeof GATES;

export interface RecurrentSpec {
  readonly cell: Cell;
  readonly directions: 1 | 2;
  /** What is read: the states at the ends of the text as the mask has it, or whatever stands at the last place. */
  readonly reads: "ends" | "lastPlace" | "mean";
}

export function recur(inputs: TextInputs, width: number, spec: RecurrentSpec): { pooled: string; size: number } {
  const { net, mask, embedded } = inputs;
  const size = SIZE * spec.directions;
  const lengths = spec.reads === "ends" ? net.cast(reduce(net, "ReduceSum", mask, 1), "int32") : "";
  const [all, ends] = run(net, embedded, width, spec, lengths);
  // Y_h is [directions, batch, size], Y is [sequence, directions, batch, size].
  if (spec.reads === "ends")
    return { pooled: flat(net, net.node("Transpose", [ends], { perm: [1, 0, 2] }), size), size };
  if (spec.reads === "lastPlace") {
    const last = net.node("Gather", [all, net.integers([-1], [])], { axis: 0 });
    return { pooled: flat(net, net.node("Transpose", [last], { perm: [1, 0, 2] }), size), size };
  }
  const rows = net.node("Transpose", [all], { perm: [2, 0, 1, 3] });
  return { pooled: flat(net, reduce(net, "ReduceMean", rows, 1), size), size };
}

function flat(net: Net, input: string, size: number): string {
  return net.node("Reshape", [input, net.integers([0, size])]);
}

function run(
  net: Net,
  embedded: string,
  width: number,
  spec: RecurrentSpec,
  lengths: string,
): [all: string, ends: string] {
  const { cell, directions } = spec;
  const turned = net.node("Transpose", [embedded], { perm: [1, 0, 2] });
  const rows = GATES[cell] * SIZE;
  const bias = net.weight("recurrent.bias", [directions, 2 * rows], 0.05);
  const attributes = { hidden_size: SIZE, direction: directions === 2 ? "bidirectional" : "forward" };
  const outputs = ["recurrent_states", "recurrent_ends"] as const;
  const names: [string, string] = [...outputs];
  if (net.options.numbers === "int8-dynamic" && cell === "LSTM") {
    const [input, recurrence] = [
      quantised(net, "recurrent.input", directions, width, rows),
      quantised(net, "recurrent.state", directions, SIZE, rows),
    ];
    const operands = [
      turned,
      input.values,
      recurrence.values,
      bias,
      lengths,
      "",
      "",
      "",
      input.scales,
      input.zeros,
      recurrence.scales,
      recurrence.zeros,
    ];
    net.graph.node("DynamicQuantizeLSTM", operands, attributes, { domain: "com.microsoft", outputs: names });
    return names;
  }
  const weights = [
    net.weight("recurrent.input", [directions, rows, width], 1 / Math.sqrt(width)),
    net.weight("recurrent.state", [directions, rows, SIZE], 1 / Math.sqrt(SIZE)),
  ];
  const more = cell === "GRU" ? { linear_before_reset: 1 } : {};
  net.graph.node(
    cell,
    [turned, ...weights, bias, ...(lengths ? [lengths] : [])],
    { ...attributes, ...more },
    { outputs: names },
  );
  return names;
}

/** [directions, inputs, gates · size], as DynamicQuantizeLSTM wants it. */
function quantised(
  net: Net,
  name: string,
  directions: number,
  inputs: number,
  outputs: number,
): { values: string; scales: string; zeros: string } {
  const values = net.random(name, [directions * inputs, outputs], 1 / Math.sqrt(inputs));
  const whole = quantiseWhole({ values, inputs: directions * inputs, outputs });
  const scale = new Float32Array(whole.scales.bytes.buffer)[0]!;
  return {
    values: net.constant(name, () => ({ ...whole.values, dims: [directions, inputs, outputs] })),
    scales: net.floats(`${name}.scales`, () => new Float32Array(directions).fill(scale), [directions]),
    zeros: net.bytes(`${name}.zeros`, new Int8Array(directions), [directions]),
  };
}
