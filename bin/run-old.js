#!/usr/bin/env node
// Nothing but Node's own modules is imported before the compile cache is on: it saves a tenth of the start.
import { statSync } from "node:fs";
import module from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/**
 * Kept in the user's own cache folder. Node's default is the temporary folder, where another user could plant code for
 * root to run; for the same reason a folder of somebody else's (HOME kept by sudo) is not used.
 */
function enableCompileCache() {
  const home = process.env.XDG_CACHE_HOME || homedir();
  if (statSync(home, { throwIfNoEntry: false })?.uid !== process.getuid?.()) return;
  const folder = process.env.XDG_CACHE_HOME ? home : join(home, ".cache");
  module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE ?? join(folder, "combot", "compiled"));
}

async function fail(thrown) {
  process.exitCode = 1;
  try {
    const { reportFailure } = await import("../dist/lib/cli/failure.js");
    reportFailure(thrown, process.argv);
  } catch (broken) {
    process.stderr.write(`combot is not installed as a whole: ${broken.message}\n`);
  }
}

process.once("uncaughtException", (thrown) => void fail(thrown).finally(() => process.exit()));

try {
  enableCompileCache();
  const [{ run }, { settings }] = await Promise.all([import("@oclif/core/run"), import("@oclif/core/settings")]);
  // Else NODE_ENV=test or development makes oclif look for sources and for a transpiler.
  settings.enableAutoTranspile = false;
  await run(process.argv.slice(2), { root: dirname(import.meta.dirname), userPlugins: false, devPlugins: false });
} catch (thrown) {
  await fail(thrown);
}
