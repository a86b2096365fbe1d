import { layerNorm } from "./activations.ts";
import { linear } from "./linear.ts";
import type { Net } from "./net.ts";
import { relativePlaces } from "./positions.ts";
import { reshape, unsqueeze } from "./shapes.ts";

const REACH = 24;

/**
 * DeBERTa's attention: to the scores of contents come those of a query with the place of the key, and of a key with the
 * place of the query (He et al., 2021, equation 4).
 */
export function disentangled(
  net: Net,
  ids: string,
  name: string,
  { hidden, heads }: { readonly hidden: number; readonly heads: number },
): (scores: string, query: string, key: string) => string {
  const size = hidden / heads;
  const table = layerNorm(net, net.weight(`${name}.relative`, [2 * REACH, hidden], 1), `${name}.relative.norm`, hidden);
  const project = (part: string): string => {
    const projected = linear(net, unsqueeze(net, table, [0]), `${name}.relative.${part}`, [hidden, hidden]);
    return net.node("Transpose", [reshape(net, projected, [0, 0, heads, size])], { perm: [0, 2, 3, 1] });
  };
  const [placeKeys, placeQueries] = [project("key"), project("query")];
  const scale = net.scalar(1 / Math.sqrt(3 * size));
  return (scores, query, key) => {
    const places = net.node("Expand", [relativePlaces(net, ids, REACH), net.node("Shape", [scores])]);
    const byKey = net.node("GatherElements", [net.node("MatMul", [query, placeKeys]), places], { axis: 3 });
    const byQuery = net.node("GatherElements", [net.node("MatMul", [key, placeQueries]), places], { axis: 3 });
    const turned = net.node("Transpose", [byQuery], { perm: [0, 1, 3, 2] });
    const sum = net.node("Add", [byKey, turned]);
    return net.node("Add", [scores, net.node("Mul", [sum, scale])]);
  };
}
