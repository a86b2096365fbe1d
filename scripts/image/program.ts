import { mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { describeProgram, installProgram } from "../../src/lib/deploy/program-files.ts";
import { PACKAGE_FOLDER } from "../../src/lib/package-files.ts";

// What the image runs, in a folder: the files that deploy makes a release of, with the Node that runs this, which must be
// the one that node.sha256 names. A step of the Containerfile, after npm ci. Usage: node scripts/image/program.ts FOLDER

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: node scripts/image/program.ts FOLDER");

const program = describeProgram(PACKAGE_FOLDER);
if (program.nodeFault) throw new Error(`${program.nodeFault.found}: ${program.nodeFault.mend}`);
const parent = dirname(folder);
mkdirSync(parent, { recursive: true });
installProgram(program, parent, true);
renameSync(join(parent, program.name), folder);
process.stdout.write(`${program.name}: ${program.fileCount} files, ${(program.bytes / 2 ** 20).toFixed(1)} MiB\n`);
