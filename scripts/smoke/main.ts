import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageFile } from "../../src/lib/package-files.ts";
import { MIB } from "../../src/lib/units.ts";
import { fetchPackage, install, pack } from "./packages.ts";
import { refused, works } from "./programs.ts";

// Packs combot, installs it as a user would, with each major's own npm from the npm registry alone, and runs it on the
// oldest and the newest Node of each major that `engines` names; on older ones it must refuse. Takes a build.
// Usage: node scripts/smoke/main.ts

/** What docs/deploy.md tells of the size. */
const PACKED_LIMIT_BYTES = 35 * MIB;
const INSTALLED_LIMIT_BYTES = 190 * MIB;

/** Which npm comes with a major of Node. */
const NPM_OF: Readonly<Record<number, string>> = { 22: "10", 24: "11" };
/** The oldest in whose words the refusal is written, and the one that machines still have. */
const REFUSED = ["12", "20"];

interface Major {
  readonly npm: string;
  /** As npm understands them: a version, and a range of which it takes the newest. */
  readonly nodes: readonly string[];
}

function majorsOf(engines: string): Major[] {
  return engines.split("||").map((range) => {
    const [, lowest = "", major = ""] = /(?:\^|>=)((\d+)\.\d+\.\d+)/.exec(range) ?? [];
    const npm = NPM_OF[Number(major)];
    if (npm === undefined) throw new Error(`which npm comes with Node ${major}? NPM_OF has to say`);
    return { npm, nodes: [lowest, major] };
  });
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Nothing runs while it is installed, so nothing is fetched past npm, and npm has nobody to ask about. */
function requireNoScripts(files: readonly string[]): void {
  for (const path of files.filter((file) => /\/node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/.test(file))) {
    const { scripts = {} } = JSON.parse(readFileSync(path, "utf8")) as { scripts?: Record<string, string> };
    const found = ["preinstall", "install", "postinstall"].filter((name) => scripts[name] !== undefined);
    if (found.length > 0) throw new Error(`${path} runs ${found.join(", ")} when it is installed`);
  }
}

function requireSize(what: string, bytes: number, limitBytes: number): void {
  tell(`${what}: ${(bytes / MIB).toFixed(1)} MiB, of at most ${limitBytes / MIB}`);
  if (bytes > limitBytes) throw new Error(`${what} has ${bytes} bytes; docs/deploy.md promises at most ${limitBytes}`);
}

function tell(line: string): void {
  process.stdout.write(`${(performance.now() / 1000).toFixed(1).padStart(6)} s  ${line}\n`);
}

function nodePackage(): string {
  return `node-linux-${process.arch}`;
}

/** The Nodes of a major, and combot as its npm installs it. */
async function tryMajor({ npm, nodes }: Major, archive: Promise<string>, scratch: string): Promise<string> {
  const [npmFolder, found] = await Promise.all([
    fetchPackage("npm", npm, scratch),
    Promise.all(nodes.map((version) => fetchPackage(nodePackage(), version, scratch))),
  ]);
  const prefix = join(scratch, `prefix-${npm}`);
  const program = await install(await archive, { node: found[0] ?? "", npm: npmFolder, prefix });
  const files = filesBelow(program);
  requireNoScripts(files);
  const bytes = files.reduce((sum, path) => sum + statSync(path).size, 0);
  requireSize(`installed by npm ${npm}`, bytes, INSTALLED_LIMIT_BYTES);
  for (const folder of found) tell(`works on Node ${await works(folder, program, scratch)}`);
  return program;
}

async function refuse(version: string, program: string, scratch: string): Promise<void> {
  tell(await refused(await fetchPackage(nodePackage(), version, scratch), program));
}

const scratch = mkdtempSync(join(tmpdir(), "combot-smoke-"));
try {
  const { engines } = JSON.parse(readFileSync(packageFile("package.json"), "utf8")) as { engines: { node: string } };
  const archive = pack(packageFile("."), scratch);
  const programs = await Promise.all(majorsOf(engines.node).map((major) => tryMajor(major, archive, scratch)));
  requireSize("packed", statSync(await archive).size, PACKED_LIMIT_BYTES);
  await Promise.all(REFUSED.map((version) => refuse(version, programs[0] ?? "", scratch)));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
