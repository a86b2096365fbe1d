import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { freePort } from "../../../scripts/support/free-port.ts";
import { pythonEnv } from "../../support/python/debian.ts";
import { Proxy } from "../../support/proxies.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { requireBuild } from "../cli/cli-process.ts";

beforeAll(requireBuild);

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../../..");

/** The blocks of a page in one language, as they stand. */
function blocks(page: string, language: string): string[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].filter(([, of]) => of === language).map(([, , body]) => body!);
}

function only(found: readonly string[]): string {
  if (found.length !== 1) throw new Error(`${found.length} such examples`);
  return found[0]!;
}

async function startDaemon(): Promise<PrivateDaemon> {
  const daemon = await PrivateDaemon.start({ env: { WORKERS: "1", DATABASE_URL: "off" } });
  onTestFinished(() => daemon.stop().then(() => undefined));
  return daemon;
}

describe("README's examples, as they stand", () => {
  const around = ({ socketPath }: PrivateDaemon) => ({ env: { ...process.env, COMBOT_SOCKET: socketPath } });

  test("Python, with the package and without it", async () => {
    const daemon = await startDaemon();
    const { env } = around(daemon);
    const withPackage = { env: { ...env, ...pythonEnv(), COMBOT_SOCKET: daemon.socketPath } };
    const { stdout } = await run("python3", ["-c", only(blocks("README.md", "python"))], withPackage);
    expect(stdout).toMatch(/^order_status (?:0\.\d+|1\.0)\n$/);
    const plain = only(blocks("docs/clients.md", "python").filter((code) => code.startsWith("import http.client")));
    expect((await run("python3", ["-c", plain], { env })).stdout).toBe(stdout);
  });

  test("curl", async () => {
    const daemon = await startDaemon();
    const example = only(blocks("README.md", "sh").filter((text) => text.startsWith("curl ")));
    const { stdout } = await run("sh", ["-euc", example], around(daemon));
    expect(JSON.parse(stdout)).toMatchObject({ results: [{ label: "order_status" }] });
  });
});

test("nginx on the same machine, and what the quickstart asks it with", async () => {
  const daemon = await startDaemon();
  const port = await freePort();
  const proxy = await Proxy.startLocal(port, daemon.socketPath, temporaryFolder());
  onTestFinished(() => proxy.end());
  const lines = blocks("docs/quickstart-t3-large.md", "sh").flatMap((text) => text.split("\n"));
  const call = only(lines.filter((line) => line.startsWith("curl "))).replace(":8180", `:${port}`);
  const { stdout } = await run("sh", ["-euc", call]);
  expect(JSON.parse(stdout)).toMatchObject({ results: [{ label: "order_status" }] });
  const levers = await fetch(`http://127.0.0.1:${port}/api/process/recycle/`, { method: "POST" });
  expect(levers.status).toBe(404);
});
