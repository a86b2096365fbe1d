import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { createServer, isIP } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import type { HostPort } from "../../lib/config/address-types.ts";
import { systemCodeOf } from "../../lib/errors.ts";
import { failureBy } from "../../lib/system-errors.ts";

const BACKLOG = 511;

/** Why the kernel refuses an address, where it says so in a word that is not for everybody. */
const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "something listens there already",
  EADDRNOTAVAIL: "this machine has no such address",
  EAFNOSUPPORT: "this machine has no such kind of address",
  EACCES: "ports below 1024 take a capability",
  ENOTFOUND: "the name is not known",
};

/** What a kernel without IPv6, or without the address, says. */
const NOT_HERE = ["EADDRNOTAVAIL", "EAFNOSUPPORT"];

/** Both, whatever the machine's table of names says (RFC 6761, section 6.3): clients try one or the other first. */
const LOOPBACK = ["127.0.0.1", "::1"];

/**
 * Makes `server` listen at `address`: at every address of a name that this machine has.
 *
 * @throws {CombotError} `ADDRESS_UNAVAILABLE` where there is none, or one is taken; `TOO_MANY_FILES`
 */
export async function listenOnAddress(server: Server, { host, port }: HostPort): Promise<void> {
  await explaining({ host, port }, async () => {
    const [first, others] = await listenOnFirst(server, await addressesOf(host), port);
    for (const other of others) await listenBeside(server, { host: other, port: first.port });
  });
}

/** Beside the one address of a socket of systemd's, the other loopback address where `localhost` was asked for. */
export async function listenOnOthers(server: Server, { host, port }: HostPort): Promise<void> {
  if (host !== "localhost") return;
  const { address } = server.address() as AddressInfo;
  await explaining({ host, port }, async () => {
    for (const other of LOOPBACK) if (other !== address) await listenBeside(server, { host: other, port });
  });
}

async function explaining({ host, port }: HostPort, listen: () => Promise<void>): Promise<void> {
  try {
    await listen();
  } catch (thrown) {
    const code = systemCodeOf(thrown) ?? "";
    const why = REASONS[code] ?? code;
    throw failureBy(thrown, "ADDRESS_UNAVAILABLE", `COMBOT_LISTEN=${nameOf({ host, port })}: ${why}`);
  }
}

async function addressesOf(host: string): Promise<readonly string[]> {
  if (host === "localhost") return LOOPBACK;
  if (isIP(host) > 0) return [host];
  const found = await lookup(host, { all: true });
  return [...new Set(found.map(({ address }) => address))];
}

/** @returns where it listens, and the addresses that are still to be tried. */
async function listenOnFirst(
  server: Server,
  addresses: readonly string[],
  port: number,
): Promise<readonly [AddressInfo, readonly string[]]> {
  for (const [index, host] of addresses.entries()) {
    const rest = addresses.slice(index + 1);
    if (await tryToListen(server, { host, port }, rest.length === 0)) return [server.address() as AddressInfo, rest];
  }
  throw new Error("a name with no address at all"); // lookup() rejects then
}

/** @returns false where the machine has no such address, unless that is an error because it is the last one. */
async function tryToListen(server: Server, { host, port }: HostPort, isLast: boolean): Promise<boolean> {
  try {
    const listening = once(server, "listening");
    server.listen({ host, port, backlog: BACKLOG });
    await listening;
    return true;
  } catch (thrown) {
    if (isLast || !NOT_HERE.includes(systemCodeOf(thrown) ?? "")) throw thrown;
    return false;
  }
}

/** One more address of the same server, which hands every connection on to it and closes with it. */
async function listenBeside(server: Server, address: HostPort): Promise<void> {
  const beside = createServer({ allowHalfOpen: true, noDelay: true });
  beside.maxConnections = server.maxConnections;
  beside.on("connection", (socket: Socket) => server.emit("connection", socket));
  beside.on("drop", (data) => server.emit("drop", data));
  const isThere = await tryToListen(beside, address, false);
  if (isThere) closeTogether(server, beside);
}

const BESIDE = Symbol("servers that listen for this one");

interface WithOthers extends Server {
  [BESIDE]?: Server[];
}

/** Both stop taking connections at once; the callback comes when both have none left. */
function closeTogether(server: WithOthers, beside: Server): void {
  server[BESIDE] = [...(server[BESIDE] ?? []), beside];
  const close = server.close.bind(server);
  server.close = (callback) => {
    let left = 2;
    let failure: Error | undefined;
    const closed = (error?: Error): void => {
      failure ??= error;
      if (--left === 0) callback?.(failure);
    };
    beside.close(closed);
    return close(closed);
  };
}

/** Where it listens, the port that the kernel chose included. */
export function addressOf(server: WithOthers): string {
  return [server, ...(server[BESIDE] ?? [])]
    .map((one) => {
      const { address, port } = one.address() as AddressInfo;
      return nameOf({ host: address, port });
    })
    .join(", ");
}

function nameOf({ host, port }: HostPort): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
