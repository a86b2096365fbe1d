import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { CombotError } from "../../../src/lib/errors.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { requireBuild, runCli } from "./cli-process.ts";
import { type Handlers, startFakeDaemon } from "./fake-daemon.ts";

beforeAll(requireBuild);

const USED = {
  model: { name: "intents-2", digest: "0d4c11f2a9b8", dir: "/srv/models/intents-2", file: "model.onnx" },
  previous: { name: "intents", digest: "3f9a01c2b7de", dir: "/srv/models/intents", file: "model.onnx" },
  changed: true,
  remembered: true,
  remarks: [],
  durationMs: 1914,
};
const modelUse = () => ({ status: 200, body: USED });

async function use(args: readonly string[], handlers: Handlers = { modelUse }) {
  const { socket, calls } = await startFakeDaemon(handlers);
  const finished = await runCli(["model", "use", ...args, "--socket", socket]);
  return { ...finished, bodies: calls.map(({ body }) => body) };
}

describe("model use", () => {
  test("makes a relative folder absolute, and tells of both models", async () => {
    const { status, stdout, stderr, bodies } = await use(["./intents-2", "--in-turn"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatchInlineSnapshot(`
      "intents-2 (0d4c11f2a9b8) serves, from /srv/models/intents-2.
      It took the place of intents (3f9a01c2b7de) in 1.9s.
      "
    `);
    expect(bodies).toEqual([{ dir: join(process.cwd(), "intents-2"), inTurn: true }]);
  });

  test("names one of several model files", async () => {
    const { bodies } = await use(["./intents-2", "--file", "model_fp16.onnx"], { modelUse });
    expect(bodies).toEqual([{ dir: join(process.cwd(), "intents-2"), file: "model_fp16.onnx" }]);
  });

  test("--default goes back, and --json prints one document", async () => {
    const { stdout, bodies } = await use(["--default", "--json"]);
    expect(JSON.parse(stdout)).toEqual(USED);
    expect(bodies).toEqual([{ default: true }]);
  });

  test("says what is waited for where it takes over a second", async () => {
    const folder = temporaryFolder();
    const slowly = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1600));
      return modelUse();
    };
    const { status, stderr } = await use([folder], { modelUse: slowly });
    expect({ status, stderr }).toEqual({ status: 0, stderr: `Switching to ${folder} …\n` });
  });

  test.each([
    ["MODEL_INVALID", "/srv/x: config.json: not JSON", "combot model check"],
    ["MODEL_DOES_NOT_FIT", "x needs 300 MiB; 150 MiB are left", "--in-turn"],
    ["SWITCH_RUNNING", "another switch is running", "combot status"],
  ] as const)("%s ends with 4, its reason and what to do", async (code, detail, help) => {
    const refuse = () => {
      throw new CombotError(code, detail);
    };
    const { status, stdout, stderr } = await use(["/srv/x"], { modelUse: refuse });
    expect({ status, stdout }).toEqual({ status: 4, stdout: "" });
    expect(stderr).toContain(`${detail} [${code}]`);
    expect(stderr).toContain(help);
  });

  test.each([[[]], [["./a", "--default"]], [["./a", "./b"]]])("%j ends with 2 and asks nothing", async (args) => {
    expect(await use(args)).toMatchObject({ status: 2, stdout: "", bodies: [] });
  });
});
