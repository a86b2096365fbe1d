import type { ServerResponse } from "node:http";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { beforeAll, describe, expect, test } from "vitest";
import { CombotError } from "../../../src/lib/errors.ts";
import type { Decision } from "../../../src/lib/protocol/decisions.ts";
import { DECISION } from "../../support/sample-replies.ts";
import { finish, requireBuild, runCli, startCli } from "./cli-process.ts";
import { type Answer, type Handlers, startFakeDaemon } from "./fake-daemon.ts";

beforeAll(requireBuild);

function numbered(number: number): Decision {
  return { ...DECISION, id: `a-${number}`, reason: "users", measured: number };
}

function listed(...decisions: Decision[]): () => Answer {
  return () => ({ status: 200, body: { decisions } });
}

function write(response: ServerResponse, decision: Decision): void {
  response.write(`event: decision\nid: ${decision.id}\ndata: ${JSON.stringify(decision)}\n\n`);
}

describe("decisions", () => {
  test("shows a line for each", async () => {
    const { socket, calls } = await startFakeDaemon({ decisions: listed(numbered(1), numbered(2)) });
    const { status, stdout, stderr } = await runCli(["decisions", "--socket", socket]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.split("\n").map((line) => line.slice(0, 20))).toEqual([
      "TIME                ",
      "2026-01-02 03:04:05Z",
      "2026-01-02 03:04:05Z",
      "",
    ]);
    expect(Object.fromEntries(calls[0]?.query ?? [])).toEqual({ limit: "100" });
  });

  test("asks for those since then, and prints one document under --json", async () => {
    const { socket, calls } = await startFakeDaemon({ decisions: listed(DECISION) });
    const args = ["decisions", "--since", "2026-01-01T00:00:00+01:00", "--limit", "7", "--json", "--socket", socket];
    expect(JSON.parse((await runCli(args)).stdout)).toEqual({ decisions: [DECISION] });
    expect(Object.fromEntries(calls[0]?.query ?? [])).toEqual({ since: "2025-12-31T23:00:00.000Z", limit: "7" });
  });

  test("says so where there are none", async () => {
    const { socket } = await startFakeDaemon({ decisions: listed() });
    expect(await runCli(["decisions", "--socket", socket])).toMatchObject({ status: 0, stdout: "No decisions.\n" });
  });

  test.each([
    ["--since", "yesterday"],
    ["--limit", "0"],
    ["--limit", "1001"],
  ])("%s %s ends with 2", async (...args) => {
    expect(await runCli(["decisions", ...args])).toMatchObject({ status: 2, stdout: "" });
  });
});

/** A daemon whose streams the test writes. */
async function startStreaming(decisions: () => Answer, socket?: string, more: Handlers = {}) {
  const streams: ServerResponse[] = [];
  const events = (): Answer => ({ status: 200, body: null, stream: (response) => void streams.push(response) });
  const daemon = await startFakeDaemon({ decisions, events, ...more }, socket);
  return { ...daemon, streams };
}

function linesOf(child: ReturnType<typeof startCli>): AsyncIterator<string> {
  return createInterface({ input: child.stdout ?? Readable.from([]) })[Symbol.asyncIterator]();
}

describe("decisions --follow", () => {
  test("goes on with each as it happens, and through a restart behind the last one", async () => {
    const first = await startStreaming(listed(numbered(1)));
    const child = startCli(["decisions", "--follow", "--json", "--socket", first.socket], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const lines = linesOf(child);
    const next = async (): Promise<unknown> => JSON.parse(String((await lines.next()).value));
    expect(await next()).toEqual(numbered(1));
    await expect.poll(() => first.streams.length).toBe(1);
    expect(first.calls.at(-1)).toMatchObject({ name: "events", lastEventId: "a-1" });
    for (const stream of first.streams) {
      stream.write("retry: 1000\n\nevent: weather\ndata: of a later release\n\n");
      write(stream, numbered(2));
    }
    expect(await next()).toEqual(numbered(2));
    await first.stop();

    const second = await startStreaming(listed(), first.socket);
    await expect.poll(() => second.streams.length, { timeout: 5000 }).toBe(1);
    expect(second.calls[0]).toMatchObject({ name: "events", lastEventId: "a-2" });
    for (const stream of second.streams) write(stream, numbered(3));
    expect(await next()).toEqual(numbered(3));

    child.kill("SIGINT");
    expect(await finish(child)).toMatchObject({ status: 130, stderr: "" });
  });

  test("shows lines under one head, asks for the last ten, and leaves out what is older than --since", async () => {
    const { socket, streams, calls } = await startStreaming(listed());
    const args = ["decisions", "-f", "--since", "2026-01-02T00:00:00Z", "--socket", socket];
    const child = startCli(args, { stdio: ["ignore", "pipe", "pipe"] });
    const lines = linesOf(child);
    expect((await lines.next()).value).toMatch(/^TIME +ACTION/);
    await expect.poll(() => streams.length).toBe(1);
    expect(calls[0]?.query.get("limit")).toBe("10");
    expect(calls[1]).toMatchObject({ name: "events", lastEventId: "0" });
    for (const stream of streams) {
      write(stream, { ...numbered(1), at: "2026-01-01T00:00:00Z" });
      write(stream, numbered(2));
    }
    expect((await lines.next()).value).toContain("2 of 50");
  });

  test("ends with 3 when the daemon does not come back", async () => {
    const { socket, streams, ...daemon } = await startStreaming(listed());
    const child = startCli(["decisions", "--follow", "--json", "--socket", socket], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = finish(child);
    await expect.poll(() => streams.length, { timeout: 5000 }).toBe(1);
    await daemon.stop();
    const { status, stdout } = await ended;
    expect(status).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "DAEMON_UNREACHABLE" } });
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  });

  test("ends with 4 where too many listen", async () => {
    const events = (): Answer => {
      throw new CombotError("TOO_MANY_LISTENERS", "16 listen already", { retryAfterSeconds: 5 });
    };
    const { socket } = await startStreaming(listed(), undefined, { events });
    const { status, stderr } = await runCli(["decisions", "--follow", "--socket", socket]);
    expect(status).toBe(4);
    expect(stderr).toContain("16 listen already [TOO_MANY_LISTENERS]");
  });

  test("ends with 1 after an event that is not of the schema", async () => {
    const { socket, streams } = await startStreaming(listed());
    const ended = runCli(["decisions", "--follow", "--socket", socket]);
    await expect.poll(() => streams.length, { timeout: 5000 }).toBe(1);
    for (const stream of streams) stream.write('event: decision\nid: a\ndata: {"id":"a"}\n\n');
    const { status, stderr } = await ended;
    expect(status).toBe(1);
    expect(stderr).toContain("event decision: ");
    expect(stderr).toContain("[REPLY_INVALID]");
  });
});
