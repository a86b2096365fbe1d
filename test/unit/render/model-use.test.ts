import { expect, test } from "vitest";
import { renderModelUse } from "../../../src/lib/render/model-use.ts";

const REPLY = {
  model: { name: "intents-2", digest: "0d4c11f2a9b8", dir: "/srv/models/intents-2", file: "model.onnx" },
  previous: { name: "intents", digest: "3f9a01c2b7de", dir: "/srv/models/intents", file: "model.onnx" },
  changed: true,
  remembered: true,
  remarks: [],
  durationMs: 1914,
};

test("a switch tells of both models and the time", () => {
  expect(renderModelUse(REPLY)).toMatchInlineSnapshot(`
    "intents-2 (0d4c11f2a9b8) serves, from /srv/models/intents-2.
    It took the place of intents (3f9a01c2b7de) in 1.9s."
  `);
});

test("a model that served already is said to", () => {
  expect(renderModelUse({ ...REPLY, changed: false })).toBe(
    "intents-2 (0d4c11f2a9b8) serves already, from /srv/models/intents-2.",
  );
});

test("what to know of the new model comes last", () => {
  const remarks = [
    "Of several model files model_int8.onnx serves.",
    "It serves, but a restart will not know of it: EIO.",
  ];
  expect(
    renderModelUse({ ...REPLY, remembered: false, remarks })
      .split("\n")
      .slice(2),
  ).toEqual(remarks);
});
