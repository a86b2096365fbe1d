import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Graph } from "../../../src/lib/onnx/graph.ts";
import { encodeModel, encodeModelWithExternalData } from "../../../src/lib/onnx/model.ts";
import { ProtoWriter } from "../../../src/lib/onnx/protobuf.ts";
import { floatTensor } from "../../../src/lib/onnx/tensor.ts";
import { readOnnxHeader } from "../../../src/daemon/model/onnx-header.ts";
import type { OnnxHeader } from "../../../src/daemon/model/onnx-header.ts";
import { MalformedError } from "../../../src/daemon/model/protobuf-file.ts";
import { temporaryFolder } from "../../support/temporary.ts";

function smallGraph(): Graph {
  const graph = new Graph("small");
  const ids = graph.input("input_ids", "int64", ["batch", "sequence"]);
  graph.input("scale", "float32", [1, 128, "free"]);
  const table = graph.initializer("table", floatTensor(Array<number>(40).fill(1), [10, 4]));
  graph.node("Gather", [table, ids], { axis: 0 }, { outputs: ["logits"] });
  graph.output("logits", "float32", ["batch", 4]);
  return graph;
}

const read = async (bytes: Uint8Array): Promise<OnnxHeader> => {
  const path = join(temporaryFolder(), "model.onnx");
  writeFileSync(path, bytes);
  return readOnnxHeader(path);
};

/** An external tensor that says of its place what is given. */
function externalTensor(place: Readonly<Record<string, string>>): ProtoWriter {
  const tensor = new ProtoWriter().packedIntegers(1, [100, 4]).integer(2, 1).string(8, "table");
  for (const [key, value] of Object.entries(place))
    tensor.message(13, new ProtoWriter().string(1, key).string(2, value));
  return tensor.integer(14, 1);
}

const modelOf = (graph: ProtoWriter): Uint8Array =>
  new ProtoWriter().integer(1, 8).message(7, graph).message(8, new ProtoWriter().integer(2, 17)).finish();

describe("a header", () => {
  test("tells versions, producer, inputs and outputs", async () => {
    const header = await read(
      encodeModel(smallGraph(), { opset: 14, irVersion: 7, producer: "pytorch", otherOpsets: { "com.microsoft": 1 } }),
    );
    expect(header).toEqual({
      irVersion: 7,
      producer: "pytorch",
      opsets: new Map([
        ["", 14],
        ["com.microsoft", 1],
      ]),
      inputs: [
        { name: "input_ids", type: "int64", dims: ["batch", "sequence"] },
        { name: "scale", type: "float32", dims: [1, 128, "free"] },
      ],
      outputs: [{ name: "logits", type: "float32", dims: ["batch", 4] }],
      externalData: new Map(),
      activations: new Map(),
      embeddings: 10,
    });
  });

  test("is one of the graph's inputs alone, where weights are listed among them", async () => {
    const value = (name: string): ProtoWriter => new ProtoWriter().string(1, name);
    const weight = new ProtoWriter().string(8, "table").bytes(9, new Uint8Array(4));
    const header = await read(
      modelOf(new ProtoWriter().message(5, weight).message(11, value("input_ids")).message(11, value("table"))),
    );
    expect(header.inputs).toEqual([{ name: "input_ids", type: null, dims: null }]);
  });

  test("of a file of gigabytes is read without its weights", async () => {
    const path = join(temporaryFolder(), "model.onnx");
    const weightBytes = 6 * 2 ** 30;
    const output = new ProtoWriter().message(12, new ProtoWriter().string(1, "logits")).finish();
    const opset = new ProtoWriter().message(8, new ProtoWriter().integer(2, 17)).finish();
    const data = lengthOf(9, weightBytes);
    const tensor = lengthOf(5, data.length + weightBytes);
    const graph = lengthOf(7, tensor.length + data.length + weightBytes + output.length);
    const before = Buffer.concat([new ProtoWriter().integer(1, 8).finish(), graph, tensor, data]);
    const file = openSync(path, "w");
    writeSync(file, before);
    // The weight is a hole in the file.
    writeSync(file, Buffer.concat([output, opset]), 0, null, before.length + weightBytes);
    closeSync(file);
    expect(await readOnnxHeader(path)).toMatchObject({ outputs: [{ name: "logits" }], opsets: new Map([["", 17]]) });
  });
});

/** The head of a field of that many bytes. */
function lengthOf(field: number, bytes: number): Uint8Array {
  const head = [(field << 3) | 2];
  let left = bytes;
  for (; left > 127; left = Math.floor(left / 128)) head.push((left % 128) | 0x80);
  return Uint8Array.from([...head, left]);
}

describe("external data", () => {
  test("is found in weights, with the bytes it must have", async () => {
    const { model, data } = encodeModelWithExternalData(smallGraph(), { location: "model.onnx_data", minBytes: 1 });
    expect((await read(model)).externalData).toEqual(new Map([["model.onnx_data", data.length]]));
  });

  test("is found in constants and in graphs within the graph", async () => {
    const constant = (location: string): ProtoWriter =>
      new ProtoWriter().message(5, new ProtoWriter().message(5, externalTensor({ location })));
    const inner = new ProtoWriter()
      .message(1, constant("deep.bin"))
      .message(5, externalTensor({ location: "inner.bin", offset: "4096" }));
    const branch = new ProtoWriter().message(5, new ProtoWriter().message(6, inner));
    const sparse = new ProtoWriter().message(1, externalTensor({ location: "sparse.bin", length: "10" }));
    const { externalData } = await read(
      modelOf(new ProtoWriter().message(1, constant("a/b.bin")).message(1, branch).message(15, sparse)),
    );
    expect(externalData).toEqual(
      new Map([
        ["a/b.bin", 1600],
        ["deep.bin", 1600],
        ["inner.bin", 5696],
        ["sparse.bin", 10],
      ]),
    );
  });

  test.each(["/etc/passwd", "../weights", "a/../../weights", "..", "a\\..\\b", "", "a\0b"])(
    "at %j is refused",
    async (location) => {
      await expect(read(modelOf(new ProtoWriter().message(5, externalTensor({ location }))))).rejects.toThrow(
        "not inside the model's folder",
      );
    },
  );

  test.each([{ offset: "-1" }, { length: "many" }, { offset: "99999999999999999999" }])(
    "at %j is refused",
    async (place) => {
      const tensor = externalTensor({ location: "data.bin", ...place });
      await expect(read(modelOf(new ProtoWriter().message(5, tensor)))).rejects.toThrow("no number of bytes");
    },
  );
});

describe("what is no model, or not all of one", () => {
  const whole = encodeModel(smallGraph());

  test("cut off at any byte gives a reason", async () => {
    const path = join(temporaryFolder(), "model.onnx");
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      await expect(readOnnxHeader(path), `cut to ${length} bytes`).rejects.toThrow(/empty|cut off|no ONNX model/);
    }
  });

  test.each([
    ["", /it is empty/],
    ["{}", /no ONNX model/],
    ["<html></html>", /no ONNX model/],
    ["version https://git-lfs.github.com/spec/v1\n", /git lfs pull/],
    ["PK\u0003\u0004", /no ONNX model|cut off/],
  ])("%j gives a reason", async (text, reason) => {
    await expect(read(Buffer.from(text))).rejects.toThrow(reason);
  });

  test("graphs nested without end give a reason", async () => {
    let graph = new ProtoWriter().string(2, "innermost");
    for (let depth = 0; depth < 100; depth++)
      graph = new ProtoWriter().message(1, new ProtoWriter().message(5, new ProtoWriter().message(6, graph)));
    await expect(read(modelOf(graph))).rejects.toThrow("nested");
  });

  test("a name of a megabyte gives a reason", async () => {
    await expect(read(new ProtoWriter().string(2, "x".repeat(2 ** 20)).finish())).rejects.toThrow("1048576 bytes long");
  });

  const isToldWhy = async (bytes: Uint8Array, path: string): Promise<void> => {
    writeFileSync(path, bytes);
    const outcome = await readOnnxHeader(path).catch((error: unknown) => error);
    if (outcome instanceof Error) expect(outcome).toBeInstanceOf(MalformedError);
  };

  test("any bytes give a reason or a header, never a crash", async () => {
    const path = join(temporaryFolder(), "model.onnx");
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (bytes) => isToldWhy(bytes, path)));
  });

  test("so does a model with some bytes changed", async () => {
    const path = join(temporaryFolder(), "model.onnx");
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(changes, (pairs) => {
        const bytes = Uint8Array.from(whole);
        for (const [at, value] of pairs) bytes[at] = value;
        return isToldWhy(bytes, path);
      }),
      { numRuns: 300 },
    );
  });
});
