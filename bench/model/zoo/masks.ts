import type { Net } from "./net.ts";
import { distances, unsqueeze } from "./shapes.ts";

/** Added to scores that must not count: twice of it is still a number, in float16 too. */
function least(net: Net): string {
  return net.scalar(net.float === "float16" ? -30_000 : -1e9);
}

/** [batch, 1, 1, sequence]: nothing where a token is, the least where padding is. */
export function paddingMask(net: Net, mask: string): string {
  const wide = net.cast(unsqueeze(net, mask, [1, 2]), net.float);
  return net.node("Mul", [net.node("Sub", [net.scalar(1), wide]), least(net)]);
}

/** [1, 1, sequence, sequence]: no text sees what comes after. */
export function futureMask(net: Net, ids: string): string {
  return forbid(net, net.node("Greater", [distances(net, ids), net.integers([0], [])]));
}

/** The same shape: no token sees further than `reach` to either side. */
export function windowMask(net: Net, ids: string, reach: number): string {
  const far = net.node("Greater", [net.node("Abs", [distances(net, ids)]), net.integers([reach], [])]);
  return forbid(net, far);
}

function forbid(net: Net, forbidden: string): string {
  return net.node("Mul", [net.cast(forbidden, net.float), least(net)]);
}
