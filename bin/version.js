// Loaded before it is known whether this Node can run combot: as in node-guard.js, in words that Node 12 reads.
import { readFileSync } from "fs";

/** In oclif's words, which `combot version` has them in: all else of it takes three times as long as Node's own start. */
export function tellVersion(args) {
  if (args.length !== 1 || (args[0] !== "--version" && args[0] !== "-v")) return false;
  const { name, version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  process.stdout.on("error", (error) => {
    // Whoever asked may have gone.
    if (error.code === "EPIPE") return;
    process.exitCode = 2;
    process.stderr.write(`The output can't be written: ${error.message}\n`);
  });
  process.stdout.write(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`);
  return true;
}
