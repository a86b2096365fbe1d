import type { Net } from "./net.ts";
import { reduce } from "./shapes.ts";

const EPSILON = 1e-5;

/** From opset 17 on an operator; before that what exporters write in its place. */
export function layerNorm(net: Net, input: string, name: string, size: number): string {
  const [scale, bias] = [net.scales(`${name}.weight`, size), net.bias(`${name}.bias`, size)];
  if (net.since(17))
    return net.node("LayerNormalization", [input, scale, bias], { axis: -1, epsilon: { float: EPSILON } });
  const centred = net.node("Sub", [input, reduce(net, "ReduceMean", input, -1, 1)]);
  const variance = reduce(net, "ReduceMean", net.node("Pow", [centred, net.scalar(2)]), -1, 1);
  const spread = net.node("Sqrt", [net.node("Add", [variance, net.scalar(EPSILON)])]);
  return net.node("Add", [net.node("Mul", [net.node("Div", [centred, spread]), scale]), bias]);
}

/** Without centring: T5's and Llama's. From opset 23 on an operator. */
export function rmsNorm(net: Net, input: string, name: string, size: number): string {
  const scale = net.scales(`${name}.weight`, size);
  if (net.since(23)) return net.node("RMSNormalization", [input, scale], { axis: -1, epsilon: { float: EPSILON } });
  const mean = reduce(net, "ReduceMean", net.node("Pow", [input, net.scalar(2)]), -1, 1);
  const spread = net.node("Sqrt", [net.node("Add", [mean, net.scalar(EPSILON)])]);
  return net.node("Mul", [net.node("Div", [input, spread]), scale]);
}

export const ACTIVATIONS = { gelu, geluTanh, silu, relu, tanh } as const;
export type Activation = keyof typeof ACTIVATIONS;

/** x · ½ · (1 + erf(x / √2)) */
function gelu(net: Net, input: string): string {
  if (net.since(20)) return net.node("Gelu", [input]);
  const erf = net.node("Erf", [net.node("Div", [input, net.scalar(Math.SQRT2)])]);
  const product = net.node("Mul", [input, net.node("Add", [erf, net.scalar(1)])]);
  return net.node("Mul", [product, net.scalar(0.5)]);
}

/** ½ · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))), as GPT-2 has it. */
function geluTanh(net: Net, input: string): string {
  const cube = net.node("Pow", [input, net.scalar(3)]);
  const inner = net.node("Add", [input, net.node("Mul", [cube, net.scalar(0.044715)])]);
  const bent = net.node("Tanh", [net.node("Mul", [inner, net.scalar(Math.sqrt(2 / Math.PI))])]);
  return net.node("Mul", [net.node("Mul", [input, net.scalar(0.5)]), net.node("Add", [bent, net.scalar(1)])]);
}

function silu(net: Net, input: string): string {
  return net.node("Mul", [input, net.node("Sigmoid", [input])]);
}

function relu(net: Net, input: string): string {
  return net.node("Relu", [input]);
}

function tanh(net: Net, input: string): string {
  return net.node("Tanh", [input]);
}
