import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { DecisionsReply } from "../../../src/lib/protocol/decisions.ts";
import { requireBuild, runCli } from "../cli/cli-process.ts";
import { temporaryFolder } from "../../support/temporary.ts";

beforeAll(requireBuild);

const TOKEN = "t".repeat(43);

test("what people do by hand stands among the decisions, with what they came by", async () => {
  const tokenFile = join(temporaryFolder(), "token");
  writeFileSync(tokenFile, `${TOKEN}\n`, { mode: 0o600 });
  const env = { WORKERS: "1", COMBOT_LISTEN: "127.0.0.1:0", COMBOT_ADMIN_TOKEN_FILE: tokenFile };
  const daemon = await PrivateDaemon.start({ env, untilAnswering: true });
  onTestFinished(() => daemon.stop().then(() => undefined));
  const combot = (...args: string[]) => runCli([...args, "--socket", daemon.socketPath]);
  const port = /127\.0\.0\.1:(\d+)/.exec(daemon.log)?.[1];

  for (const args of [["recycle"], ["model", "unload"], ["model", "load"], ["cleanup", "--level", "soft"]]) {
    expect(await combot(...args)).toMatchObject({ status: 0 });
  }
  expect(await combot("model", "use", "/nonexistent/model")).toMatchObject({ status: 4 });
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  const address = `http://127.0.0.1:${port}/api/process/recycle/?wait=true`;
  expect((await fetch(address, { method: "POST", headers, body: '{"slot":0}' })).status).toBe(200);

  const { decisions } = JSON.parse((await combot("decisions", "--json")).stdout) as DecisionsReply;
  const told = decisions.filter(({ reason }) => reason === "by hand");
  expect(told.map(({ action, by, slot }) => [action, by, slot])).toEqual([
    ["recycle", "control socket", 0],
    ["unload", "control socket", undefined],
    ["load", "control socket", undefined],
    ["cleanup", "control socket", undefined],
    ["model use", "control socket", undefined],
    ["recycle", "admin token", 0],
  ]);
  expect(told[1]?.freedBytes).toBeGreaterThan(0);
  expect(told[4]?.detail).toContain("/nonexistent/model; ");

  const { stdout } = await combot("decisions");
  expect(stdout).toMatch(/^\S+ \S+Z recycle {6}by hand {3}control socket .* slot 0$/m);
}, 60_000);
