import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import type { HostPort } from "../../lib/config/address-types.ts";
import { failureBy, systemCodeOf } from "../../lib/errors.ts";

const BACKLOG = 511;

/** Why the kernel refuses an address, where it says so in a word that is not for everybody. */
const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "something listens there already",
  EADDRNOTAVAIL: "this machine has no such address",
  EACCES: "ports below 1024 take a capability",
  ENOTFOUND: "the name is not known",
};

/** Makes `server` listen at `address`. @throws {CombotError} `ADDRESS_UNAVAILABLE` */
export async function listenOnAddress(server: Server, { host, port }: HostPort): Promise<void> {
  try {
    const listening = once(server, "listening");
    server.listen({ host, port, backlog: BACKLOG });
    await listening;
  } catch (thrown) {
    const code = systemCodeOf(thrown) ?? "";
    const why = REASONS[code] ?? code;
    throw failureBy(thrown, "ADDRESS_UNAVAILABLE", `COMBOT_LISTEN=${nameOf({ host, port })}: ${why}`);
  }
}

/** Where it listens, the port that the kernel chose included. */
export function addressOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo;
  return nameOf({ host: address, port });
}

function nameOf({ host, port }: HostPort): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
