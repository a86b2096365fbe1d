import type { Server } from "node:http";
import { isIPv6 } from "node:net";
import type { Socket } from "node:net";

export interface PeerLimits {
  /** Connections one peer may have open at once. */
  readonly perPeer: number;
  /** Connections all of them may have open at once. */
  readonly total: number;
}

/** The groups of an IPv6 address that are one customer's: whoever has one address of a /64 has them all. */
const NETWORK_GROUPS = 4;
const GROUPS = 8;
const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * Closes a connection above the limits as soon as it is accepted: one peer must not take what others need.
 *
 * @param onRefused told of each.
 */
export function limitPeers(server: Server, { perPeer, total }: PeerLimits, onRefused: (peer: string) => void): void {
  const open = new Map<string, number>();
  server.maxConnections = total;
  server.on("drop", (data) => onRefused(peerOf(data?.remoteAddress)));
  server.prependListener("connection", (socket: Socket) => {
    const peer = peerOf(socket.remoteAddress);
    const count = open.get(peer) ?? 0;
    if (count >= perPeer) {
      socket.destroy();
      onRefused(peer);
      return;
    }
    open.set(peer, count + 1);
    socket.once("close", () => {
      const left = (open.get(peer) ?? 1) - 1;
      if (left > 0) open.set(peer, left);
      else open.delete(peer);
    });
  });
}

/** What counts as one peer: an IPv4 address, or the /64 of an IPv6 address. */
export function peerOf(address: string | undefined): string {
  if (address === undefined) return "unknown";
  const mapped = MAPPED_IPV4.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = "", tail] = address.split("%", 1)[0]!.split("::", 2);
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : GROUPS - groups.length - after.length;
  const all = [...groups, ...Array.from({ length: zeros }, () => "0"), ...after];
  return `${all.slice(0, NETWORK_GROUPS).join(":")}::/64`;
}
