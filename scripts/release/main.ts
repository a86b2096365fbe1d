// Checks all that a release needs, says what is wrong with it, and tags it; with --dry-run it changes nothing.
// Usage: npm run release -- [--dry-run]
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { messageOf } from "../../src/lib/errors.ts";
import { PACKAGE_FOLDER } from "../../src/lib/package-files.ts";
import { type PackedFile, packageFaults } from "./package-faults.ts";
import { versionFaults, type VersionPlaces } from "./version-faults.ts";

const { values } = parseArgs({ options: { "dry-run": { type: "boolean", default: false } } });

function output(command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd: PACKAGE_FOLDER, encoding: "utf8", maxBuffer: 2 ** 26 });
}

function json(name: string): unknown {
  return JSON.parse(readFileSync(join(PACKAGE_FOLDER, name), "utf8"));
}

const project = json("package.json") as Pick<VersionPlaces, "version" | "dependencies" | "devDependencies">;
const { version } = project;
const scratch = mkdtempSync(join(tmpdir(), "cr-"));

function versions(): string[] {
  const tags = output("git", "tag", "--list").split("\n");
  const changelog = readFileSync(join(PACKAGE_FOLDER, "CHANGELOG.md"), "utf8");
  return versionFaults({ ...project, lock: json("package-lock.json") as VersionPlaces["lock"], changelog, tags });
}

function tree(): string[] {
  const changed = output("git", "status", "--porcelain").trim();
  const branch = output("git", "rev-parse", "--abbrev-ref", "HEAD").trim();
  return [
    ...(changed === "" ? [] : [`not committed:\n${changed}`]),
    ...(branch === "main" ? [] : [`on ${branch}, and releases are main's`]),
  ];
}

/** What a command says on its failure is the fault. */
function passes(command: string, ...args: string[]): () => string[] {
  return () => {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: PACKAGE_FOLDER, encoding: "utf8" });
    return status === 0 ? [] : [`${[command, ...args].join(" ")}: ${`${stdout}${stderr}`.trim().slice(-2000)}`];
  };
}

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly PackedFile[];
}

let packed: Packed | undefined;

/** As npm publishes it: what `prepare` would build is built. */
function pack(): string[] {
  const told = output("npm", "pack", "--json", "--ignore-scripts", "--pack-destination", scratch);
  [packed] = JSON.parse(told) as [Packed];
  return packageFaults(packed.files, PACKAGE_FOLDER, version);
}

const CHECKS: readonly (readonly [string, () => string[] | Promise<string[]>])[] = [
  ["versions, changelog and tags agree", versions],
  ["everything is committed, on main", tree],
  ["types, lint, format, dead code, lock, generated pages", passes("npm", "run", "--silent", "check")],
  ["the Node that npm brings is the one of node.sha256", passes("sh", "scripts/check-node.sh")],
  ["the package holds what it must, and nothing else", pack],
  ["the package, installed by itself, serves on each Node that it names", passes("node", "scripts/smoke/main.ts")],
];

async function faultsOf(check: () => string[] | Promise<string[]>): Promise<string[]> {
  try {
    return await check();
  } catch (thrown) {
    return [messageOf(thrown)];
  }
}

function tell(text: string): void {
  process.stdout.write(`${text}\n`);
}

let failed = 0;
try {
  for (const [name, check] of CHECKS) {
    const faults = await faultsOf(check);
    tell(`${faults.length === 0 ? "ok  " : "FAIL"} ${name}`);
    for (const fault of faults) tell(`     ${fault.replaceAll("\n", "\n     ")}`);
    if (faults.length > 0) failed++;
  }
  if (packed) tell(`combot ${version}: ${packed.files.length} files, ${(packed.size / 2 ** 20).toFixed(1)} MiB packed`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

if (failed > 0) {
  tell(`${failed} of ${CHECKS.length} checks failed: nothing was released.`);
  process.exitCode = 1;
} else if (values["dry-run"]) {
  tell(`All is ready. npm run release tags v${version}.`);
} else {
  output("git", "tag", "--annotate", `v${version}`, "--message", `combot ${version}`);
  tell(`v${version} is tagged. git push origin v${version} && npm publish`);
}
