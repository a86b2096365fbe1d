// What bin/run.js starts, once it is known that this Node can.
// Nothing but Node's own modules is imported before the compile cache is on: it saves a tenth of the start.
import { existsSync, readFileSync, statSync } from "node:fs";
import module from "node:module";
import os from "node:os";
import { dirname, join } from "node:path";
import { isatty } from "node:tty";

const ROOT = dirname(import.meta.dirname);

/** Undefined for a user that the machine does not know, as in a container that is started with any uid. */
function homeFolder() {
  try {
    return os.homedir();
  } catch {
    return undefined;
  }
}

/** oclif asks for home and shell before it looks at the command, and both throw for such a user. */
function doWithoutAccount() {
  if (!homeFolder()) os.homedir = () => "/nonexistent";
  try {
    os.userInfo();
  } catch {
    os.userInfo = () => ({ shell: null });
  }
}

/**
 * Kept in the user's own cache folder. Node's default is the temporary folder, where another user could plant code for
 * root to run; for the same reason a folder of somebody else's (HOME kept by sudo) is not used.
 */
function enableCompileCache() {
  const home = process.env.XDG_CACHE_HOME || homeFolder();
  if (!home) return;
  if (statSync(home, { throwIfNoEntry: false })?.uid !== process.getuid?.()) return;
  const folder = process.env.XDG_CACHE_HOME ? home : join(home, ".cache");
  module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE ?? join(folder, "combot", "compiled"));
}

/** This package as oclif reads it. Its plugin is help: a command of our own starts without it. */
function readPackage([first = ""]) {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const commands = join(ROOT, "dist", "commands");
  const isOwn = /^[a-z-]+$/.test(first) && [`${first}.js`, first].some((name) => existsSync(join(commands, name)));
  if (isOwn) manifest.oclif.plugins = [];
  return manifest;
}

async function fail(thrown) {
  process.exitCode = 1;
  try {
    const { reportFailure } = await import("../dist/lib/cli/failure.js");
    reportFailure(thrown, process.argv);
  } catch (broken) {
    const isShort = /too many open files|EMFILE|ENFILE/.test(broken.message);
    const what = isShort ? "combot can't start, raise ulimit -n" : "combot is not installed as a whole";
    process.stderr.write(`${what}: ${broken.message}\n`);
  }
}

// What nohup started goes on when the terminal is gone: Node has forgotten at its start that the signal was ignored.
if (!isatty(1) && !isatty(2)) process.on("SIGHUP", () => {});

process.once("uncaughtException", (thrown) => void fail(thrown).finally(() => process.exit()));

try {
  const [first, ...rest] = process.argv.slice(2);
  if (first === "daemon") (await import("../dist/lib/cli/plain-daemon.js")).startPlainly(rest);
  enableCompileCache();
  const { guardStreams } = await import("../dist/lib/cli/guarded-streams.js");
  guardStreams();
  const isTold =
    first === "status" && (await (await import("../dist/lib/cli/plain-status.js")).tellStatusPlainly(rest));
  if (!isTold) await runCommand();
} catch (thrown) {
  await fail(thrown);
}

/** Asks oclif what is to be done. */
async function runCommand() {
  const argv = process.argv.slice(2);
  doWithoutAccount();
  const [{ run }, { settings }] = await Promise.all([import("@oclif/core/run"), import("@oclif/core/settings")]);
  // Else NODE_ENV=test or development makes oclif look for sources and for a transpiler.
  settings.enableAutoTranspile = false;
  await run(argv, { root: ROOT, pjson: readPackage(argv), userPlugins: false, devPlugins: false });
}
