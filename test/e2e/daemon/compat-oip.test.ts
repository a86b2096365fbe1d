import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ClassifyReply } from "../../../src/lib/protocol/classify.ts";
import type { ProcessStatus } from "../../../src/lib/protocol/process.ts";
import { CompatCaller, inParts, TEXTS } from "../../support/compat-caller.ts";
import { requireBuild } from "../cli/cli-process.ts";

const TEXT = TEXTS[0]!;

let caller: CompatCaller;
/** The best label of each text and its score, by our own call. */
let own: (readonly [string, number])[] = [];

beforeAll(async () => {
  requireBuild();
  caller = await CompatCaller.start({ WORKERS: "1", QUEUE_MAX_TEXTS: "30" });
  own = await inParts(TEXTS, async (texts) => (await classify({ texts })).map(({ label, score }) => [label, score]));
}, 60_000);

afterAll(async () => void (await caller.daemon.stop("SIGKILL")));

const classify = (call: object): Promise<ClassifyReply["results"]> => caller.classify(call);
const posted = <T>(path: string, body: unknown): Promise<T> => caller.posted<T>(path, body);
const refused = (path: string, body: unknown): Promise<readonly [number, unknown]> => caller.refused(path, body);
const got = (path: string): Promise<readonly [number, unknown]> => caller.got(path);

describe("Open Inference Protocol v2", () => {
  const input = (data: readonly string[], name = "text"): object => ({
    name,
    datatype: "BYTES",
    shape: [data.length],
    data,
  });
  const infer = "/v2/models/default/infer";

  interface Output {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly number[];
    readonly data?: readonly (string | number)[];
    readonly parameters?: { readonly binary_data_size: number };
  }

  interface Inferred {
    readonly id?: string;
    readonly model_name: string;
    readonly outputs: readonly Output[];
  }

  test("server, model and repository tell of themselves", async () => {
    expect(await got("/v2")).toMatchObject([
      200,
      { name: "combot", extensions: expect.arrayContaining(["classification"]) },
    ]);
    expect(await got("/v2/health/live")).toEqual([200, { live: true }]);
    expect(await got("/v2/health/ready")).toEqual([200, { ready: true }]);
    expect(await got("/v2/models/shop-intents")).toMatchObject([200, { name: "shop-intents", versions: ["1"] }]);
    expect(await got("/v2/models/default/versions/1/ready")).toEqual([200, { name: "shop-intents", ready: true }]);
    expect(await posted("/v2/repository/index", {})).toEqual([
      { name: "shop-intents", version: "1", state: "READY", reason: "" },
    ]);
    expect(await got("/v2/models/other")).toEqual([404, { error: "Request for unknown model: 'other' is not found" }]);
    expect(await got("/v2/models/default/versions/2")).toMatchObject([404, {}]);
  });

  test("JSON: label, score and scores of 500 texts", async () => {
    const [, { outputs = [] }] = (await got("/v2/models/default")) as [number, { outputs?: Output[] }];
    const labels = outputs.find(({ name }) => name === "scores")?.shape[1] ?? 0;
    const rows = await inParts(TEXTS, async (some) => {
      const reply = await posted<Inferred>(infer, { id: "7", inputs: [input(some)] });
      expect([reply.id, reply.model_name]).toEqual(["7", "shop-intents"]);
      const [label, score, scores] = reply.outputs;
      expect(scores).toMatchObject({ datatype: "FP32", shape: [some.length, labels] });
      return some.map((_, at) => [label?.data?.[at], score?.data?.[at]]);
    });
    expect(rows).toEqual(own);
  });

  test("what tritonclient sends by default: bytes both ways, as its protocol's documentation has them", async () => {
    // Its client isn't run here.
    const elements = Buffer.concat(
      [TEXT, "Grüße 👋"].flatMap((text) => {
        const bytes = Buffer.from(text);
        const length = Buffer.alloc(4);
        length.writeUInt32LE(bytes.length);
        return [length, bytes];
      }),
    );
    const outputs = [
      { name: "scores", parameters: { binary_data: true, classification: 2 } },
      { name: "score", parameters: { binary_data: true } },
      { name: "label", parameters: { binary_data: false } },
    ];
    const inputs = [
      { name: "text", shape: [2, 1], datatype: "BYTES", parameters: { binary_data_size: elements.length } },
    ];
    const json = Buffer.from(JSON.stringify({ inputs, outputs }));
    const { status, headers, bytes } = await caller.post(infer, Buffer.concat([json, elements]), {
      "content-type": "application/octet-stream",
      "inference-header-content-length": String(json.length),
    });
    expect([status, headers.get("content-type")]).toEqual([200, "application/octet-stream"]);
    const jsonLength = Number(headers.get("inference-header-content-length"));
    const reply = JSON.parse(bytes.subarray(0, jsonLength).toString()) as Inferred;
    const [best, score, label] = reply.outputs;
    expect(best).toMatchObject({ name: "scores", datatype: "BYTES", shape: [2, 2] });
    let rest = bytes.subarray(jsonLength);
    const size = best?.parameters?.binary_data_size ?? 0;
    const strings: string[] = [];
    for (let at = 0; at < size;) {
      const end = at + 4 + rest.readUInt32LE(at);
      strings.push(rest.subarray(at + 4, end).toString());
      at = end;
    }
    rest = rest.subarray(size);
    expect(rest).toHaveLength(8);
    expect(score).toMatchObject({ datatype: "FP32", shape: [2], parameters: { binary_data_size: 8 } });
    const expected = (await classify({ texts: [TEXT, "Grüße 👋"], topK: 2 })).map(({ scores = [] }) => scores);
    expect(label?.data).toEqual(expected.map(([first]) => first?.label));
    expect([0, 4].map((at) => rest.readFloatLE(at))).toEqual(expected.map(([first]) => Math.fround(first?.score ?? 0)));
    const told = expected.flat().map(({ label: name, score: share }) => [share.toFixed(6), name]);
    expect(strings.map((one) => [one.split(":")[0], one.split(":")[2]])).toEqual(told);
    expect(strings.every((one) => /^[\d.]+:\d+:\w+$/u.test(one))).toBe(true);
  });

  test.each([
    [
      "another input",
      { inputs: [input(["a"], "prompt")] },
      "unexpected inference input 'prompt' for model 'shop-intents'",
    ],
    [
      "another output",
      { inputs: [input(["a"])], outputs: [{ name: "x" }] },
      "unexpected inference output 'x' for model 'shop-intents'",
    ],
    [
      "a shape that is another",
      { inputs: [{ ...input(["a"]), shape: [2] }] },
      "input 'text': 1 elements where its shape has 2",
    ],
    ["no strings", { inputs: [{ ...input(["a"]), data: [1] }] }, "input 'text': data of BYTES are strings"],
    [
      "bytes that are missing",
      { inputs: [{ name: "text", datatype: "BYTES", shape: [1], parameters: { binary_data_size: 9 } }] },
      "input 'text': its bytes are missing",
    ],
  ])("%s is a 400", async (_name, body, error) => {
    expect(await refused(infer, body)).toEqual([400, { error }]);
  });

  test("to load and unload takes what operates it", async () => {
    for (const action of ["load", "unload"]) {
      const path = `/v2/repository/models/default/${action}`;
      expect((await refused(path, {}))[0]).toBe(403);
      expect((await caller.daemon.ask("POST", path, {})).status).toBe(200);
    }
    const { workers } = await caller.daemon.json<ProcessStatus>("GET", "/api/process/status/");
    expect(workers.map(({ state }) => state)).toEqual(["stopped"]);
  });

  describe("a load that another caller's unload ends", () => {
    const ask = (path: string): Promise<number> => caller.daemon.ask("POST", path, {}).then(({ status }) => status);

    async function whenStarting(): Promise<void> {
      const states = async (): Promise<string[]> => {
        const { workers } = await caller.daemon.json<ProcessStatus>("GET", "/api/process/status/");
        return workers.map(({ state }) => state);
      };
      await expect.poll(states).toEqual(["starting"]);
    }

    test("is a conflict, and the service is not called full", async () => {
      const fates: number[] = [];
      for (const base of ["/v2/repository/models/default", "/api/model"]) {
        await ask(`${base}/unload?wait=true`);
        const load = ask(`${base}/load?wait=true`);
        await whenStarting();
        fates.push(...(await Promise.all([load, ask(`${base}/unload?wait=true`)])));
      }
      expect(fates).toEqual([409, 200, 409, 200]);
    });

    test("is told to the log in a line, without a stack, where nobody waits for it", async () => {
      await ask("/api/model/unload?wait=true");
      expect(await ask("/api/model/load")).toBe(202);
      await whenStarting();
      await ask("/api/model/unload?wait=true");
      const lines = (): unknown[] =>
        caller.daemon.log
          .split("\n")
          .filter((line) => line.includes("what was started has failed"))
          .map((line) => JSON.parse(line));
      await expect.poll(lines).toEqual([expect.objectContaining({ level: 40, code: "MODEL_UNLOADED" })]);
      expect(caller.daemon.log).not.toContain("stack");
    });
  });
});
