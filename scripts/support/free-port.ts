import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

/** From the kernel. Between its release here and its use there somebody else could take it; then the start fails. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
