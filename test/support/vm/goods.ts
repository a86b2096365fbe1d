import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { PROJECT, vmFolder, wrapped } from "./folder.ts";
import { makeDisk } from "./image.ts";

/** 0.1.0 as it was first whole: what is upgraded from. */
const EARLIER = "f9b1cd8";

/** Disks that every machine has. */
export interface Goods {
  /** As /srv: combot.tgz and earlier.tgz as npm packs them, node/ to be copied to /usr/local, npm-cache/ to install from. */
  readonly disk: string;
  /** As /mnt: a clone of the project with its dependencies, for campaigns that run inside. */
  readonly project: string;
  /** Of the first: what was installed from another one has to be installed again. */
  readonly digest: string;
}

/** Packs the built project, and what it takes to install it without a network. */
export async function packGoods(say: (progress: string) => void): Promise<Goods> {
  const scratch = join(vmFolder(), `goods-${process.pid}`);
  const tree = join(scratch, "tree");
  try {
    mkdirSync(tree, { recursive: true });
    say("packing combot");
    await pack(PROJECT, join(tree, "combot.tgz"));
    const digest = await digestOf(join(tree, "combot.tgz"));
    const disk = join(vmFolder("goods"), `${digest}.ext4`);
    if (!existsSync(disk)) {
      say("gathering what it takes to install it offline");
      await packEarlier(scratch, join(tree, "earlier.tgz"));
      await bringNode(tree);
      await bringCache(scratch, tree);
      await toDisk("goods", tree, disk);
    }
    const { stdout: commit } = await execa("git", ["rev-parse", "HEAD"], { cwd: PROJECT });
    const project = join(vmFolder("goods"), `project-${commit.slice(0, 12)}.ext4`);
    if (!existsSync(project)) {
      say("copying the project");
      await bringProject(join(scratch, "project"));
      await toDisk("project", join(scratch, "project"), project);
    }
    return { disk, project, digest };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function toDisk(label: string, tree: string, path: string): Promise<void> {
  const { stdout } = await execa("du", ["-sk", tree]);
  const bytes = Math.round(Number.parseInt(stdout, 10) * 1024 * 1.3 + 128 * 1024 ** 2);
  await makeDisk({ label, tree, path, bytes });
}

/** As npm packs it. */
export async function pack(folder: string, to: string): Promise<void> {
  const args = ["pack", "--ignore-scripts", "--silent", "--pack-destination", join(to, "..")];
  const { stdout } = await execa(...wrapped("npm", args), { cwd: folder });
  renameSync(join(to, "..", stdout.trim().split("\n").at(-1) ?? ""), to);
}

/** Of what the package holds; the archive itself has a time in it. @param but files that are no part of it, as tar matches. */
export async function digestOf(archive: string, but = ""): Promise<string> {
  const args = ["-xzOf", archive, ...(but === "" ? [] : [`--exclude=${but}`])];
  const { stdout } = await execa("tar", args, { encoding: "buffer", maxBuffer: 1024 ** 3 });
  const recipe = readFileSync(join(PROJECT, "test", "support", "vm", "goods.ts"), "utf8");
  return createHash("sha256").update(stdout).update(recipe).digest("hex").slice(0, 12);
}

async function packEarlier(scratch: string, to: string): Promise<void> {
  const folder = join(scratch, "earlier");
  mkdirSync(folder);
  const archive = join(scratch, "earlier.tar");
  await execa("git", ["archive", "--output", archive, EARLIER], { cwd: PROJECT });
  await execa("tar", ["-xf", archive, "-C", folder]);
  symlinkSync(join(PROJECT, "node_modules"), join(folder, "node_modules"));
  await execa(...wrapped(process.execPath, [join("scripts", "build.ts")]), { cwd: folder });
  await pack(folder, to);
}

/** This Node with an npm beside it, as they lie below /usr/local. */
async function bringNode(tree: string): Promise<void> {
  const prefix = join(tree, "node");
  await execa(...wrapped("npm", ["install", "--silent", "--global", "--prefix", prefix, "npm@11"]));
  copyFileSync(process.execPath, join(prefix, "bin", "node"));
  chmodSync(join(prefix, "bin", "node"), 0o755);
}

/** Installs both packages once, into a cache; what was installed is thrown away. */
async function bringCache(scratch: string, tree: string): Promise<void> {
  const env = { PATH: `${join(tree, "node", "bin")}:${process.env["PATH"]}` };
  const where = ["--prefix", join(scratch, "prefix"), "--cache", join(tree, "npm-cache")];
  for (const archive of ["earlier.tgz", "combot.tgz"])
    await execa(
      ...wrapped("npm", ["install", "--silent", "--ignore-scripts", "--global", ...where, join(tree, archive)]),
      { env },
    );
}

async function bringProject(clone: string): Promise<void> {
  await execa("git", ["clone", "--quiet", "--depth", "1", `file://${PROJECT}`, clone]);
  cpSync(join(PROJECT, "dist"), join(clone, "dist"), { recursive: true });
  const cache = join(PROJECT, "node_modules", ".cache");
  const filter = (from: string): boolean => !from.startsWith(cache);
  cpSync(join(PROJECT, "node_modules"), join(clone, "node_modules"), {
    recursive: true,
    verbatimSymlinks: true,
    filter,
  });
}
