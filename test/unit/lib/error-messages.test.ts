import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { freePort } from "../../../scripts/support/free-port.ts";
import { messageOf } from "../../../src/lib/errors.ts";

test("of a name with two addresses that both refuse, the message tells what each said", async () => {
  const port = await freePort();
  const addresses = ["127.0.0.1", "127.0.0.2"];
  const socket = connect({
    host: "a-name-with-two",
    port,
    lookup: (_name, _options, found) => {
      found(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      );
    },
  });
  const [error] = (await once(socket, "error").catch((thrown: unknown) => [thrown])) as [Error];
  expect(error.message).toBe("");
  expect(messageOf(error)).toBe(addresses.map((address) => `connect ECONNREFUSED ${address}:${port}`).join("; "));
});
