import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_FOLDER } from "../../src/lib/package-files.ts";
import { cacheFolder, importBase, makeBase } from "./base.ts";

// Builds the image of the Containerfile with buildah, without a registry: on a Debian that debootstrap makes, kept in
// IMAGE_CACHE (else the user's cache folder). IMAGE_BASE names a base of a registry in its place, best with its digest.
// Usage, as root: npm run image [-- --build-arg MODEL=./my-model --build-arg MODEL_NAME=my-model]

const SIZE_LIMIT_BYTES = 450_000_000;
/** OCI's own format has no HEALTHCHECK; chroot needs neither a network nor rights of the kernel's that a container may lack. */
const BUILD = ["build", "--format", "docker", "--isolation", "chroot", "--layers", "--file", "Containerfile"];
/** Authorities of this network's own, as Debian has them: without them nothing could be fetched while building. */
const AUTHORITIES = "/usr/local/share/ca-certificates";

function isThere(image: string): boolean {
  return spawnSync("buildah", ["inspect", "--type", "image", image], { stdio: "ignore" }).status === 0;
}

/** What FROM takes. */
function baseName(): string {
  const given = process.env["IMAGE_BASE"];
  if (given !== undefined) return given;
  const base = makeBase(cacheFolder());
  if (!isThere(base.name)) importBase(base);
  return base.name;
}

function git(...args: string[]): string {
  return execFileSync("git", args, { cwd: PACKAGE_FOLDER, encoding: "utf8" }).trim();
}

function build(tag: string, version: string, more: readonly string[]): void {
  const values = {
    BASE: baseName(),
    NPM_REGISTRY: execFileSync("npm", ["config", "get", "registry"], { cwd: PACKAGE_FOLDER, encoding: "utf8" }).trim(),
    VERSION: version,
    REVISION: git("rev-parse", "HEAD"),
    // Of the commit, so that the same commit makes the same label.
    CREATED: git("log", "-1", "--format=%cI"),
  };
  const hasAuthorities = existsSync(AUTHORITIES) && globSync("*.crt", { cwd: AUTHORITIES }).length > 0;
  const args = [
    ...BUILD,
    "--tag",
    tag,
    ...Object.entries(values).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]),
    ...(hasAuthorities ? ["--volume", `${AUTHORITIES}:${AUTHORITIES}:ro`] : []),
    ...more,
    ".",
  ];
  execFileSync("buildah", args, { cwd: PACKAGE_FOLDER, stdio: ["ignore", "inherit", "inherit"] });
}

function sizeOf(tag: string): number {
  const args = ["images", "--format", "{{.ID}}", "--no-trunc", tag];
  const id = execFileSync("buildah", args, { encoding: "utf8" }).trim();
  const told = execFileSync("buildah", ["images", "--json", tag], { encoding: "utf8" });
  const [image] = JSON.parse(told) as [{ readonly size: string }];
  process.stdout.write(`${tag} ${id}: ${image.size}\n`);
  const [, amount = "", unit = ""] = /^([\d.]+) (\w+)$/.exec(image.size) ?? [];
  return Number(amount) * (unit === "GB" ? 1e9 : 1e6);
}

const { version } = JSON.parse(readFileSync(join(PACKAGE_FOLDER, "package.json"), "utf8")) as { version: string };
const tag = `localhost/combot:${version}`;
build(tag, version, process.argv.slice(2));
if (sizeOf(tag) > SIZE_LIMIT_BYTES) {
  process.stderr.write(`${tag} has more than ${SIZE_LIMIT_BYTES / 1e6} MB\n`);
  process.exitCode = 1;
}
