import { beforeAll, describe, expect, test } from "vitest";
import { MIB } from "../../../src/lib/units.ts";
import { requireBuild, runCli } from "./cli-process.ts";
import { type Answer, startFakeDaemon } from "./fake-daemon.ts";

beforeAll(requireBuild);

function ok(body: unknown, status = 200): () => Answer {
  return () => ({ status, body });
}

const RECYCLED = { recycles: [{ slot: 0, done: true, durationMs: 2140, freedBytes: 388 * MIB }] };
const LOADED = { started: [0], ready: [0, 1], durationMs: 2300 };
const UNLOADED = {
  stopped: [0, 1],
  beforeBytes: 812 * MIB,
  afterBytes: 92 * MIB,
  freedBytes: 720 * MIB,
  durationMs: 840,
};

describe("recycle", () => {
  test("waits and shows each slot", async () => {
    const { socket, calls } = await startFakeDaemon({ recycle: ok(RECYCLED) });
    const { status, stdout } = await runCli(["recycle", "--socket", socket]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "slot 0: replaced in 2.1s, freed 388 MiB\n" });
    expect(calls[0]).toMatchObject({ name: "recycle", body: {} });
    expect(calls[0]?.query.get("wait")).toBe("true");
  });

  test("takes a slot, and does not wait if told so", async () => {
    const started = { recycles: [{ slot: 1, done: false }] };
    const { socket, calls } = await startFakeDaemon({ recycle: ok(started, 202) });
    const { stdout } = await runCli(["recycle", "--slot", "1", "--no-wait", "--socket", socket]);
    expect(stdout).toBe("slot 1: started\n");
    expect(calls[0]?.body).toEqual({ slot: 1 });
    expect(calls[0]?.query.has("wait")).toBe(false);
  });

  test("ends with 4 if a worker could not be replaced", async () => {
    const failed = { recycles: [{ slot: 0, done: false, error: "it did not get ready" }] };
    const { socket } = await startFakeDaemon({ recycle: ok(failed) });
    expect(await runCli(["recycle", "--json", "--socket", socket])).toMatchObject({
      status: 4,
      stdout: `${JSON.stringify(failed, null, 2)}\n`,
    });
  });

  test("refuses a slot that is none with 2", async () => {
    expect(await runCli(["recycle", "--slot", "first"])).toMatchObject({ status: 2, stdout: "" });
  });
});

describe("model", () => {
  test("load waits until it serves", async () => {
    const { socket, calls } = await startFakeDaemon({ modelLoad: ok(LOADED) });
    const { status, stdout } = await runCli(["model", "load", "--socket", socket]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "Started slot 0; ready after 2.3s: slots 0, 1.\n" });
    expect(calls[0]?.query.get("wait")).toBe("true");
  });

  test("load ends with 4 if a slot did not get ready", async () => {
    const { socket } = await startFakeDaemon({ modelLoad: ok({ ...LOADED, ready: [1] }) });
    expect(await runCli(["model", "load", "--json", "--socket", socket])).toMatchObject({ status: 4 });
  });

  test("unload shows before, after and what it freed", async () => {
    const { socket } = await startFakeDaemon({ modelUnload: ok(UNLOADED) });
    const { stdout } = await runCli(["model", "unload", "--socket", socket]);
    expect(stdout).toMatchInlineSnapshot(`
      "Unloaded slots 0, 1 in 840ms.
      before  812 MiB
      after   92.0 MiB
      freed   720 MiB
      "
    `);
  });

  test.each(["load", "unload"])("%s prints one document under --json", async (verb) => {
    const { socket } = await startFakeDaemon({ modelLoad: ok(LOADED), modelUnload: ok(UNLOADED) });
    const { stdout } = await runCli(["model", verb, "--json", "--socket", socket]);
    expect(JSON.parse(stdout)).toEqual(verb === "load" ? LOADED : UNLOADED);
  });
});
