import { request } from "node:http";
import { describe, expect, test } from "vitest";
import { PROBES } from "../../../src/lib/protocol/endpoints.ts";
import { startApi } from "./support/api.ts";
import { startTcpApi } from "./support/tcp-api.ts";
import { ask } from "./support/wire.ts";
import type { Place } from "./support/wire.ts";

const PATHS = Object.values(PROBES);

const LISTENERS: Readonly<Record<string, () => Promise<Place>>> = {
  "the user socket": async () => (await startApi({ access: "user" })).path,
  "the control socket": async () => (await startApi({ access: "control" })).path,
  TCP: async () => (await startTcpApi()).place,
};

function headOf(place: Place, path: string): Promise<readonly [number | undefined, string | undefined]> {
  const to = typeof place === "string" ? { socketPath: place } : place;
  return new Promise((resolve, reject) => {
    request({ ...to, path, method: "HEAD" }, ({ statusCode, headers }) =>
      resolve([statusCode, headers["content-length"]]),
    )
      .on("error", reject)
      .end();
  });
}

describe.each(Object.keys(LISTENERS))("on %s", (name) => {
  test("each is answered by a word, GET and HEAD, whatever the Host and without a token", async () => {
    const place = await LISTENERS[name]!();
    for (const path of PATHS) {
      for (const lines of [["host: 10.0.0.7:8181"], ["host: evil.example"], []]) {
        const bytes = Buffer.from([`GET ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
        const { status, headers, body } = await ask(place, bytes);
        expect([path, status, body]).toEqual([path, 200, "ok"]);
        expect(headers).toMatchObject({ "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
      }
      expect(await headOf(place, path)).toEqual([200, "2"]);
    }
  });

  test("other methods get what other paths get", async () => {
    const place = await LISTENERS[name]!();
    for (const path of PATHS) {
      const { status, headers } = await ask(place, { method: "POST", path, headers: { host: "localhost" } });
      expect([path, status, headers["allow"]]).toEqual(
        name === "TCP" ? [path, 401, undefined] : [path, 405, "GET, HEAD"],
      );
    }
  });
});

test("what is not fine is a 503 with its word", async () => {
  const { path } = await startApi({ services: { probe: (name) => ({ isFine: name === "live", word: "stopping" }) } });
  const replies = await Promise.all(PATHS.map((probe) => ask(path, { path: probe })));
  expect(replies.map(({ status, body }) => [status, body])).toEqual([
    [200, "stopping"],
    [503, "stopping"],
    [503, "stopping"],
  ]);
});
