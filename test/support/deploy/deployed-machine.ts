import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Machine, Ran } from "../systemd/machine.ts";

const PROJECT = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");

/** The program as npm packs it, beside the dependencies that are installed here. */
export function packProgram(): { readonly folder: string; readonly remove: () => void } {
  const root = mkdtempSync(join(tmpdir(), "combot-packed-"));
  // Others of the machine run it too.
  chmodSync(root, 0o755);
  const args = ["pack", "--ignore-scripts", "--silent", "--pack-destination", root];
  const archive = execFileSync("npm", args, { cwd: PROJECT, encoding: "utf8" }).trim().split("\n").at(-1) ?? "";
  execFileSync("tar", ["-xzf", join(root, archive), "-C", root]);
  const folder = join(root, "package");
  symlinkSync(join(PROJECT, "node_modules"), join(folder, "node_modules"));
  return { folder, remove: () => rmSync(root, { recursive: true, force: true }) };
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
