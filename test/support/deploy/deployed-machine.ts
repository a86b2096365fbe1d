import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Machine, Ran } from "../systemd/machine.ts";

const PROJECT = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");

const PACKED = join(PROJECT, "node_modules", ".cache", "packed");

/** The program as npm packs it, beside the dependencies that are installed here. */
export function packProgram(): { readonly folder: string; readonly remove: () => void } {
  const root = mkdtempSync(join(tmpdir(), "combot-packed-"));
  // Others of the machine run it too.
  chmodSync(root, 0o755);
  execFileSync("tar", ["-xf", packedArchive(), "-C", root]);
  const folder = join(root, "package");
  symlinkSync(join(PROJECT, "node_modules"), join(folder, "node_modules"));
  return { folder, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** Made once for all the tests of a build: npm takes some seconds of CPU to compress it. */
function packedArchive(): string {
  const name = `${packedStamp()}.tar`;
  const archive = join(PACKED, name);
  if (existsSync(archive)) return archive;
  mkdirSync(PACKED, { recursive: true });
  for (const old of readdirSync(PACKED)) if (old.endsWith(".tar") && old !== name) rmSync(join(PACKED, old));
  const beside = mkdtempSync(join(PACKED, "making-"));
  const args = ["pack", "--ignore-scripts", "--silent", "--pack-destination", beside];
  const packed = execFileSync("npm", args, { cwd: PROJECT, encoding: "utf8" }).trim().split("\n").at(-1) ?? "";
  execFileSync("gzip", ["--decompress", join(beside, packed)]);
  renameSync(join(beside, packed.replace(/\.tgz$/, ".tar")), archive);
  rmSync(beside, { recursive: true, force: true });
  return archive;
}

/** Of the files that npm packs: another one once any of them is written, added or gone. */
function packedStamp(): string {
  const manifest = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8")) as { readonly files: string[] };
  const named = globSync(["package.json", "README.md", "LICENSE", ...manifest.files], { cwd: PROJECT });
  const files = named.flatMap((name) => {
    const isFolder = statSync(join(PROJECT, name)).isDirectory();
    const below = isFolder ? readdirSync(join(PROJECT, name), { recursive: true, encoding: "utf8" }) : [];
    return [name, ...below.map((path) => join(name, path))];
  });
  const hash = createHash("sha256");
  for (const file of files.toSorted()) {
    const { size, mtimeMs, mode } = statSync(join(PROJECT, file));
    hash.update(`${file}\0${size}\0${mtimeMs}\0${mode}\n`);
  }
  return hash.digest("hex").slice(0, 16);
}

/** Each managed path with its mode, owner and SHA-256, deploy's own records apart. */
const FINGERPRINT = `
for path in $(find /etc/combot /etc/sysusers.d/combot.conf /etc/tmpfiles.d/combot.conf /etc/systemd/system -name '*combot*' -type f -o -path '/etc/combot/*' -type f | sort); do
  echo "$(stat -c '%a %U:%G' "$path") $(sha256sum "$path")"
done
readlink /opt/combot/current /usr/local/bin/combot; ls /opt/combot/releases`;

/** A throw-away machine, and the packed combot to deploy on it. */
export class DeployedMachine {
  readonly machine: Machine;
  readonly program: string;

  constructor(machine: Machine, program: string) {
    this.machine = machine;
    this.program = program;
  }

  /** `combot …` as root. */
  combot(...args: string[]): Promise<Ran> {
    return this.machine.run([process.execPath, join(this.program, "bin", "run.js"), ...args]);
  }

  /** `combot deploy --yes …` for a machine of any size. */
  deploy(...args: string[]): Promise<Ran> {
    return this.deployFrom(this.program, ...args);
  }

  /** The same of another program. */
  deployFrom(program: string, ...args: string[]): Promise<Ran> {
    const command = [process.execPath, join(program, "bin", "run.js"), "deploy", "--yes", "--profile", "auto"];
    return this.machine.run([...command, ...args]);
  }

  fingerprint(): Promise<string> {
    return this.machine.sh("sh", "-c", FINGERPRINT);
  }
}
