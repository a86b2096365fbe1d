import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { HEALTH } from "../../support/sample-replies.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { requireBuild, runCli } from "./cli-process.ts";
import { startFakeDaemon } from "./fake-daemon.ts";

beforeAll(requireBuild);

const LOOKOUT = `import { registerHooks } from "node:module";
registerHooks({ resolve(name, context, next) {
  if (name.startsWith("@oclif/")) globalThis.sawOclif = true;
  return next(name, context);
} });
process.on("exit", () => process._rawDebug(globalThis.sawOclif ? "with oclif" : "without oclif"));`;
const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(LOOKOUT)}`;

/** Makes it a question for oclif, as the tests below show. */
const OCLIF = ["--timeout", "60"];

function waitless(stderr: string): string {
  return stderr.replace(/waiting \d+ s/u, "waiting");
}

describe("status of this machine's daemon, as oclif and without it", () => {
  test.each([
    ["ok", {}],
    ["unhealthy", { health: () => ({ status: 503, body: { ...HEALTH, status: "unhealthy" } }) }],
    ["broken", { health: () => ({ status: 500, body: "nothing that is known" }) }],
  ])("says the same of one that is %s", async (_name, answers) => {
    const { socket } = await startFakeDaemon(answers);
    for (const args of [["status"], ["status", "--json"]]) {
      const asked = await runCli([...args, "--socket", socket, ...OCLIF]);
      expect(await runCli([...args, "--socket", socket])).toEqual(asked);
      expect(await runCli(args, { env: { COMBOT_SOCKET: socket } })).toEqual(asked);
    }
  });

  test("says the same without a control socket", async () => {
    const { socket } = await startFakeDaemon();
    rmSync(join(dirname(socket), "control.sock"));
    const plain = await runCli(["status"], { env: { COMBOT_SOCKET: socket } });
    expect(plain).toEqual(await runCli(["status", "--socket", socket, ...OCLIF]));
  });

  test("says the same where nobody listens", async () => {
    const socket = join(temporaryFolder(), "combot.sock");
    const plain = await runCli(["status"], { env: { COMBOT_SOCKET: socket } });
    const asked = await runCli(["status", "--socket", socket, ...OCLIF]);
    expect(plain.status).toBe(3);
    // How long depends on how slow the machine is just now.
    expect({ ...plain, stderr: waitless(plain.stderr) }).toEqual({ ...asked, stderr: waitless(asked.stderr) });
  });
});

describe("status goes past oclif", () => {
  test.each([
    { args: ["status"], env: {}, said: "without oclif" },
    { args: ["status", "--json"], env: {}, said: "without oclif" },
    { args: ["status", "--socket"], env: {}, said: "with oclif" },
    { args: ["status", "--socket", "SOCKET", "--json"], env: {}, said: "without oclif" },
    { args: ["status", "--socket", "SOCKET", "--socket", "SOCKET"], env: {}, said: "with oclif" },
    { args: ["status", "--timeout", "60"], env: {}, said: "with oclif" },
    { args: ["status", "--help"], env: {}, said: "with oclif" },
    { args: ["status", "--nonsense"], env: {}, said: "with oclif" },
    { args: ["status"], env: { COMBOT_URL: "http://127.0.0.1:9" }, said: "with oclif" },
  ])("$args with $env: $said", async ({ args, env, said }) => {
    const { socket } = await startFakeDaemon();
    const place = "COMBOT_URL" in env ? {} : { COMBOT_SOCKET: socket };
    const given = args.map((arg) => (arg === "SOCKET" ? socket : arg));
    const { stderr } = await runCli(given, { env: { ...env, ...place, NODE_OPTIONS } });
    expect(stderr.trimEnd().split("\n").at(-1)).toBe(said);
  });
});
