import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { freePort } from "../../../scripts/support/free-port.ts";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { ERRORS } from "../../../src/lib/error-table.ts";
import { VERSION } from "../../../src/lib/version.ts";
import { LISTEN_TOKEN, listenSettings } from "../../support/listening-daemon.ts";
import { hasPython, PYTHON, PYTHON_CLIENT, pythonEnv, runPython } from "../../support/python/debian.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { requireBuild } from "../cli/cli-process.ts";

beforeAll(requireBuild);

const HAS_DJANGO = hasPython("django");

test.skipIf(!HAS_DJANGO)(
  "the client's own tests, by Debian's Python and Django, against a daemon",
  { timeout: 120_000 },
  async () => {
    const port = await freePort();
    const listening = { ...listenSettings(port, temporaryFolder()), COMBOT_HOSTS: "127.0.0.1" };
    const daemon = await PrivateDaemon.start({ env: { WORKERS: "1", DATABASE_URL: "off", ...listening } });
    onTestFinished(() => daemon.stop().then(() => undefined));
    const env = pythonEnv({
      COMBOT_SOCKET: daemon.socketPath,
      COMBOT_TEST_URL: `http://127.0.0.1:${port}`,
      COMBOT_TEST_TOKEN: LISTEN_TOKEN,
      COMBOT_ERROR_TABLE: Object.entries(ERRORS)
        .map(([code, { http }]) => `${code}=${http}`)
        .join(" "),
    });
    const args = [
      "-W",
      "error::ResourceWarning",
      "-m",
      "unittest",
      "discover",
      "--start-directory",
      "tests",
      "--top-level-directory",
      ".",
    ];
    const child = spawn(PYTHON, args, { cwd: PYTHON_CLIENT, env, stdio: ["ignore", "ignore", "pipe"] });
    const [told, status] = await Promise.all([
      text(child.stderr),
      new Promise((resolve) => child.once("exit", (code) => resolve(code))),
    ]);
    expect(told).toMatch(/^Ran \d{2,} tests in .*\n\nOK\n$/m);
    expect(status).toBe(0);
  },
);

test.skipIf(!hasPython())("it is of the same version, and nothing in it is newer than Python 3.9", () => {
  const about = readFileSync(`${PYTHON_CLIENT}/pyproject.toml`, "utf8");
  expect(about).toContain(`version = "${VERSION}"`);
  expect(about).toContain('requires-python = ">=3.9"');
  const parse = [
    "import ast, pathlib, sys",
    'files = sorted(pathlib.Path("combot").rglob("*.py"))',
    "[ast.parse(file.read_text(), str(file), feature_version=(3, 9)) for file in files]",
    "import combot, combot.aio, combot.testing",
    "print(combot.__version__, len(files) > 10, sorted({name.split('.')[0] for name in sys.modules if name.startswith(('django', 'requests', 'httpx'))}))",
  ];
  expect(runPython(["-c", parse.join("\n")], pythonEnv())).toBe(`${VERSION} True []\n`);
});
