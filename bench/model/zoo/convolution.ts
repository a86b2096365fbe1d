import type { TextInputs } from "./classic.ts";
import { quantisedActivation } from "./linear.ts";
import type { Net } from "./net.ts";
import { reduce, unsqueeze } from "./shapes.ts";

const KERNELS = [3, 4, 5];
/** No multiple of what a cache line holds, as kernels may be of any number. */
const CHANNELS = 50;

/** Kim's classifier of sentences: windows of several widths, the strongest of each kind. @param heeded padding counts for nothing. */
export function convolve(
  { net, mask, embedded }: TextInputs,
  width: number,
  heeded: boolean,
): { pooled: string; size: number } {
  const tokens = heeded ? net.cast(unsqueeze(net, mask, [2]), "bool") : undefined;
  const rows = tokens === undefined ? embedded : net.node("Where", [tokens, embedded, net.scalar(0)]);
  const turned = net.node("Transpose", [rows], { perm: [0, 2, 1] });
  const strongest = KERNELS.map((kernel) => {
    const found = net.node("Relu", [convolution(net, turned, `convolution.${kernel}`, width, kernel)]);
    // An even kernel gives a place more than there are tokens: it is cut by the mask of one place more.
    const counted = tokens === undefined ? found : net.node("Mul", [found, maskFor(net, mask, kernel)]);
    return reduce(net, "ReduceMax", counted, 2);
  });
  return { pooled: net.node("Concat", strongest, { axis: 1 }), size: KERNELS.length * CHANNELS };
}

function convolution(net: Net, input: string, name: string, width: number, kernel: number): string {
  const attributes = { kernel_shape: [kernel], pads: [kernel >> 1, kernel >> 1] };
  const dims = [CHANNELS, width, kernel];
  const deviation = 1 / Math.sqrt(width * kernel);
  if (net.options.numbers !== "int8-qdq")
    return net.node("Conv", [input, net.weight(name, dims, deviation), net.bias(`${name}.bias`, CHANNELS)], attributes);
  const values = net.random(name, dims, deviation);
  const scale = (4 * deviation) / 127;
  const rounded = Int8Array.from(values, (value) => Math.max(-127, Math.min(127, Math.round(value / scale))));
  const weight = net.node("DequantizeLinear", [
    net.bytes(name, rounded, dims),
    net.scalar(scale),
    net.bytes("int8_zero", new Int8Array(1), []),
  ]);
  return net.node("Conv", [quantisedActivation(net, input, 4), weight], attributes);
}

/** [batch, 1, places]: places whose window has a token in its middle. */
function maskFor(net: Net, mask: string, kernel: number): string {
  const wide = net.cast(unsqueeze(net, mask, [1]), net.float);
  if (kernel % 2 === 1) return wide;
  const pads = net.integers([0, 0, 0, 0, 0, 1]);
  return net.node("Pad", [wide, pads]);
}
