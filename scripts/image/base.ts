import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const SUITE = "bookworm";

/** What the official slim images leave out too, but for the licences. */
const LEFT_OUT = [
  "find usr/share/doc -depth -type f ! -name copyright -delete",
  "find usr/share/doc -depth -empty -delete",
  "rm -rf usr/share/info usr/share/locale usr/share/man usr/share/lintian usr/share/linda",
  "rm -rf var/cache/apt var/lib/apt/lists/* var/log/apt var/log/*.log var/cache/ldconfig/aux-cache",
  "mkdir -p var/cache/apt/archives/partial",
];

export interface Base {
  /** As FROM takes it. */
  readonly name: string;
  readonly archive: string;
}

export function cacheFolder(): string {
  const { IMAGE_CACHE, XDG_CACHE_HOME } = process.env;
  return IMAGE_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), ".cache"), "combot", "image");
}

/** Debian as small as its official slim image, made by debootstrap where no registry can be reached. Made once. */
export function makeBase(cache: string): Base {
  const archive = join(cache, `${SUITE}.tar`);
  const name = `localhost/debian:${SUITE}-slim`;
  if (existsSync(archive)) return { name, archive };
  mkdirSync(cache, { recursive: true });
  const root = join(cache, `.making-${process.pid}`);
  try {
    run("debootstrap", ["--variant=minbase", SUITE, root]);
    run("sh", ["-euc", LEFT_OUT.join("\n")], root);
    run("tar", ["-C", root, "--numeric-owner", "-cf", `${archive}.part`, "."]);
    renameSync(`${archive}.part`, archive);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  return { name, archive };
}

/** Where buildah keeps images, so that FROM finds it. */
export function importBase({ name, archive }: Base): void {
  const container = run("buildah", ["from", "scratch"]).trim();
  try {
    run("buildah", ["add", "--quiet", container, archive, "/"]);
    run("buildah", ["config", "--cmd", '["bash"]', container]);
    run("buildah", ["commit", "--quiet", container, name]);
  } finally {
    run("buildah", ["rm", container]);
  }
}

function run(command: string, args: readonly string[], cwd?: string): string {
  return execFileSync(command, args, {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    stdio: ["ignore", "pipe", "inherit"],
    ...(cwd === undefined ? {} : { cwd }),
  });
}
