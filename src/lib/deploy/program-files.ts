import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { CombotError } from "../errors.ts";
import type { Release } from "./facts.ts";
import { sha256OfFile } from "./file-sum.ts";
import { readJson } from "./files.ts";
import { findNodeLibrary } from "./node-library.ts";
import { nodeFaultOf, readNodeSums, type NodeFault } from "./node-binary.ts";

interface ProgramFile {
  readonly from: string;
  /** Below the release's folder. */
  readonly to: string;
  readonly isExecutable: boolean;
  readonly bytes: number;
}

export interface Program extends Release {
  readonly files: readonly ProgramFile[];
  /** Why root may not run the Node of it; null where it may. */
  readonly nodeFault: NodeFault | null;
}

const NODE = join("bin", "node");
/** npm keeps the right to be run for what package.json calls a program, and combot is none there. */
const LAUNCHER = join("bin", "combot");
const BLOCK_BYTES = 4096;
const ALL_READ = 0o444;
const ALL_ENTER = 0o555;

interface PackageJson {
  readonly version?: string;
  readonly files?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const ALWAYS = ["package.json", "README.md", "LICENSE"];

/** Libraries of other platforms: 25 of the 71 MB of onnxruntime, 54 of the 64 of tokenizers. */
const FOREIGN_BINARIES = [
  new RegExp(`/bin/napi-v\\d+/(?!${process.platform}/${process.arch}/)`),
  new RegExp(`/tokenizers\\.(?!${process.platform}-${process.arch}-)[\\w-]+\\.node$`),
];

/** Of a dependency: what is for compilers and debuggers alone, a third of all files. Node runs no TypeScript there. */
const NEVER_RUN = /\.([cm]?ts|map)$/;

/**
 * Everything that combot runs on: this package, its production dependencies and the Node that runs now.
 *
 * @param root the folder of this package.
 * @throws {CombotError} `DEPLOY_FAILED` where a dependency is missing.
 */
export function describeProgram(root: string): Program {
  const manifest = packageOf(root);
  const own = globSync([...ALWAYS, ...(manifest.files ?? [])], { cwd: root });
  const node = realpathSync(process.execPath);
  const library = findNodeLibrary(node);
  const found = [
    ...own.flatMap((name) => filesBelow(join(root, name), name)),
    ...[...packagesOf(root)].flatMap(([folder, to]) => filesOfPackage(folder, to)),
    ...(library === null ? [] : [fileOf(library.path, join("lib", library.name), false)]),
    fileOf(node, NODE, true),
  ];
  // A release that deploys itself has its Node among its own files.
  const files = [...new Map(found.map((file) => [file.to, file])).values()].toSorted(byTarget);
  const version = manifest.version ?? "0.0.0";
  const bytes = files.reduce((sum, file) => sum + Math.ceil(file.bytes / BLOCK_BYTES) * BLOCK_BYTES, 0);
  const sums = new Map(files.map(({ from }) => [from, sha256OfFile(from)]));
  const sumOfNode = (): string => sums.get(node) ?? sha256OfFile(node);
  const nodeFault =
    nodeFaultOf(node, readNodeSums(root), sumOfNode) ?? (library && nodeFaultOf(library.path, "")) ?? null;
  return { name: `${version}-${digestOf(files, sums)}`, version, bytes, fileCount: files.length, files, nodeFault };
}

function fileOf(from: string, to: string, isExecutable: boolean): ProgramFile {
  return { from, to, isExecutable, bytes: statSync(from).size };
}

function byTarget(one: ProgramFile, other: ProgramFile): number {
  return one.to < other.to ? -1 : 1;
}

function packageOf(folder: string): PackageJson {
  return (readJson(join(folder, "package.json")) as PackageJson | null) ?? {};
}

/** Production dependencies, nested ones too: each package's folder, and where it goes. */
function packagesOf(root: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const visit = (folder: string): void => {
    const { dependencies = {}, optionalDependencies = {} } = packageOf(folder);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const place = resolvePackage(name, folder);
      if (place === undefined && optionalDependencies[name] !== undefined) continue;
      if (place === undefined)
        throw new CombotError(
          "DEPLOY_FAILED",
          `${name}, which ${folder} needs, is not installed: npm install -g combot`,
        );
      if (found.has(place)) continue;
      const to = targetOf(place);
      if ([...found.values()].includes(to))
        throw new CombotError(
          "DEPLOY_FAILED",
          `${name} is there in two versions beside each other: install combot with npm install -g combot`,
        );
      found.set(place, to);
      visit(place);
    }
  };
  visit(root);
  return found;
}

/** As Node finds it: in the node_modules of the folder or of one above it. */
function resolvePackage(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const place = join(folder, "node_modules", name);
    if (existsSync(join(place, "package.json"))) return place;
    if (folder === dirname(folder)) return undefined;
  }
}

/** From the outermost node_modules whose packages these are; combot's own lies in one where it is installed as a package. */
function targetOf(place: string): string {
  const marker = `${sep}node_modules${sep}`;
  const inside = place.split(`${marker}combot${marker}`).at(-1) ?? place;
  const first = inside === place ? place.indexOf(marker) + marker.length : 0;
  return join("node_modules", inside.slice(first));
}

/** Without the packages in it, each of which is visited as somebody's dependency. */
function filesOfPackage(folder: string, to: string): ProgramFile[] {
  return readdirSync(folder)
    .filter((name) => name !== "node_modules")
    .flatMap((name) => filesBelow(join(folder, name), join(to, name)))
    .filter((file) => !NEVER_RUN.test(file.to));
}

function filesBelow(path: string, to: string): ProgramFile[] {
  const status = statSync(path);
  if (status.isFile()) {
    const isForeign = FOREIGN_BINARIES.some((pattern) => pattern.test(path));
    const isExecutable = (status.mode & 0o111) !== 0 || to === LAUNCHER;
    return isForeign ? [] : [{ from: path, to, isExecutable, bytes: status.size }];
  }
  return readdirSync(path).flatMap((name) => filesBelow(join(path, name), join(to, name)));
}

/** @param sums of their contents, as far as they are known. */
function digestOf(files: readonly ProgramFile[], sums: ReadonlyMap<string, string> = new Map()): string {
  const whole = createHash("sha256");
  for (const { from, to, isExecutable } of files)
    whole.update(`${to}\0${isExecutable}\0${sums.get(from) ?? sha256OfFile(from)}\n`);
  return whole.digest("hex").slice(0, 12);
}

/** Whether a release on disk still is what its name says, and everybody may run it. */
export function isIntact(folder: string): boolean {
  const name = relative(dirname(folder), folder);
  const files = listProgram(folder).toSorted(byTarget);
  return name.endsWith(`-${digestOf(files)}`) && isOpenToAll(folder);
}

/** One that was installed under a narrow umask is not. */
function isOpenToAll(path: string): boolean {
  const status = statSync(path);
  if (!status.isDirectory()) return (status.mode & ALL_READ) === ALL_READ;
  return (status.mode & ALL_ENTER) === ALL_ENTER && readdirSync(path).every((name) => isOpenToAll(join(path, name)));
}

function listProgram(folder: string, to = ""): ProgramFile[] {
  return readdirSync(join(folder, to), { withFileTypes: true }).flatMap((entry) => {
    const path = join(to, entry.name);
    if (entry.isDirectory()) return listProgram(folder, path);
    const { mode, size } = statSync(join(folder, path));
    return [{ from: join(folder, path), to: path, isExecutable: (mode & 0o111) !== 0, bytes: size }];
  });
}

/**
 * Copies the program beside and renames it: a release that has its name is whole.
 *
 * @throws {CombotError} `DEPLOY_FAILED` where Node is another by now than the one that was looked at.
 */
export function installProgram(program: Program, releases: string, isRoot: boolean): void {
  const beside = join(releases, `.building-${program.name}`);
  rmSync(beside, { recursive: true, force: true });
  const folders = new Set<string>();
  for (const { from, to, isExecutable } of program.files) {
    const target = join(beside, to);
    const folder = dirname(target);
    if (!folders.has(folder)) mkdirSync(folder, { recursive: true, mode: 0o755 });
    folders.add(folder);
    copyFileSync(from, target, constants.COPYFILE_FICLONE);
    chmodSync(target, isExecutable ? 0o755 : 0o644);
    if (isRoot) chownSync(target, 0, 0);
  }
  refuseOtherNode(program, beside);
  const place = join(releases, program.name);
  rmSync(place, { recursive: true, force: true });
  renameSync(beside, place);
}

/** What root will run is the copy, and the file may have been written to since it was looked at. */
function refuseOtherNode({ files }: Program, beside: string): void {
  const node = files.find(({ to }) => to === NODE);
  const fault = node && nodeFaultOf(node.from, readNodeSums(beside), () => sha256OfFile(join(beside, NODE)));
  if (fault === undefined) return;
  rmSync(beside, { recursive: true, force: true });
  throw new CombotError("DEPLOY_FAILED", `${fault.found}: ${fault.mend}`);
}
