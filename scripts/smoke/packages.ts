import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What `npm publish` would send. @returns the archive. */
export async function pack(project: string, scratch: string): Promise<string> {
  const args = ["pack", "--ignore-scripts", "--silent", "--pack-destination", scratch];
  return join(scratch, (await run("npm", args, { cwd: project })).stdout.trim());
}

/** Fetches a package of the npm registry, and unpacks it. @returns its folder. */
export async function fetchPackage(name: string, version: string, scratch: string): Promise<string> {
  const folder = join(scratch, `${name}-${version}`);
  mkdirSync(folder);
  const args = ["pack", `${name}@${version}`, "--silent", "--pack-destination", folder];
  const { stdout } = await run("npm", args, { cwd: scratch });
  await run("tar", ["-xzf", join(folder, stdout.trim()), "-C", folder]);
  return join(folder, "package");
}

export interface Installer {
  /** Folders of these packages. */
  readonly node: string;
  readonly npm: string;
  readonly prefix: string;
}

/** `npm install -g` of the archive, with nothing but a cache of what the registry has. @returns combot's folder. */
export async function install(archive: string, { node, npm, prefix }: Installer): Promise<string> {
  const env = { ...process.env, PATH: `${join(node, "bin")}:${process.env["PATH"]}` };
  const args = [join(npm, "bin", "npm-cli.js"), "install", "--global", "--prefix", prefix, "--no-fund", archive];
  const { stderr } = await run(join(node, "bin", "node"), args, { env, cwd: node });
  if (/combot|script/i.test(stderr)) throw new Error(`npm has something to say of the package: ${stderr}`);
  return join(prefix, "lib", "node_modules", "combot");
}
