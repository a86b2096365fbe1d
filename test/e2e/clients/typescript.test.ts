import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { freePort } from "../../../scripts/support/free-port.ts";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { PACKAGE_FOLDER } from "../../../src/lib/package-files.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { requireBuild } from "../cli/cli-process.ts";

beforeAll(requireBuild);

const run = promisify(execFile);

/** Strict, and with the declarations of others looked at too. */
const TSCONFIG = {
  compilerOptions: { module: "nodenext", target: "es2024", strict: true, noEmit: true, types: ["node"] },
  include: ["*.ts"],
};

const PROGRAM = `
import { CombotClient, CombotError } from "combot/client";
import type { ClassifyReply, ErrorCode } from "combot/client";

const combot = new CombotClient({ retries: 1 });
const reply: ClassifyReply = await combot.classify({ text: "where is my parcel??", topK: 2 });
const first: { label: string; score: number } | undefined = reply.results[0];
// @ts-expect-error there is no such field
const refused = await combot.classify({ txt: "where" }).catch((error: unknown) => error);
const code: ErrorCode | undefined = refused instanceof CombotError ? refused.code : undefined;
const { workers } = await combot.call("processStatus");
const slot: number | undefined = workers[0]?.slot;
const { status } = await combot.health();
console.log(JSON.stringify({ label: first?.label, code, slot, status }));
combot.close();
`;

const ELSEWHERE = `
import { CombotClient, CombotError } from "combot/client";
import type { CombotClientOptions } from "combot/client";

const [url = "", token = ""] = process.argv.slice(2);
const codeOf = async (options: CombotClientOptions): Promise<string> => {
  try {
    await new CombotClient(options).classify({ text: "where is my parcel??" });
    return "answered";
  } catch (error) {
    return error instanceof CombotError ? error.code : String(error);
  }
};
const tokens = ["rotated", token];
const inTurn = new CombotClient({ url, token: () => tokens.shift() ?? token });
const first = await inTurn.health().catch((error: unknown) => (error instanceof CombotError ? error.code : String(error)));
const [result] = (await inTurn.classify({ text: "where is my parcel??" })).results;
inTurn.close();
const refused = [{ url }, { url, token: "a b" }, { token }, { url, socket: "/run/x.sock" }, { url: url + "?a" }];
console.log(JSON.stringify([first, result?.label, await codeOf({ url, token }), await Promise.all(refused.map(codeOf))]));
`;

/** The page's example as it stands. */
function example(): string {
  const page = readFileSync(join(PACKAGE_FOLDER, "docs/clients.md"), "utf8");
  return /^```ts\n(import .*?)^```$/ms.exec(page)?.[1] ?? "";
}

test(
  "a project of somebody else's compiles against the package, and what it compiled runs",
  { timeout: 90_000 },
  async () => {
    const token = "a-token-of-32-characters-and-more";
    const tokenFile = join(temporaryFolder(), "token");
    writeFileSync(tokenFile, token, { mode: 0o600 });
    const port = await freePort();
    const tcp = { COMBOT_LISTEN: `127.0.0.1:${port}`, COMBOT_TOKEN_FILE: tokenFile };
    const daemon = await PrivateDaemon.start({ env: { WORKERS: "1", DATABASE_URL: "off", ...tcp } });
    onTestFinished(() => daemon.stop().then(() => undefined));
    const folder = temporaryFolder();
    mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
    symlinkSync(PACKAGE_FOLDER, join(folder, "node_modules/combot"));
    symlinkSync(join(PACKAGE_FOLDER, "node_modules/@types/node"), join(folder, "node_modules/@types/node"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(TSCONFIG));
    writeFileSync(join(folder, "program.ts"), PROGRAM);
    writeFileSync(join(folder, "elsewhere.ts"), ELSEWHERE);
    writeFileSync(join(folder, "example.ts"), example());
    const compiled = await run(join(PACKAGE_FOLDER, "node_modules/.bin/tsc"), ["-p", folder]).catch((error) => error);
    expect(compiled.stdout).toBe("");
    const env = { ...process.env, COMBOT_SOCKET: daemon.socketPath };
    const inNode = async (file: string, ...args: readonly string[]) =>
      (await run(process.execPath, [file, ...args], { cwd: folder, env })).stdout;
    expect(JSON.parse(await inNode("program.ts"))).toEqual({
      label: "order_status",
      code: "INVALID_REQUEST",
      slot: 0,
      status: "ok",
    });
    expect(await inNode("example.ts")).toBe("order_status accept\n");
    expect(JSON.parse(await inNode("elsewhere.ts", `http://127.0.0.1:${port}`, token))).toEqual([
      "UNAUTHORIZED",
      "order_status",
      "answered",
      ["UNAUTHORIZED", "USAGE", "USAGE", "USAGE", "USAGE"],
    ]);
  },
);
