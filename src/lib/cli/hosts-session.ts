import { statSync } from "node:fs";
import { CombotError } from "../errors.ts";
import { type HostsFile, readHostsFile } from "../hosts/hosts-file.ts";
import { Remote } from "../hosts/remote.ts";
import { Ssh } from "../hosts/ssh.ts";
import type { HostsFlags } from "./hosts-flags.ts";

/** So many hosts are asked together. */
export const AT_ONCE = 8;

export interface HostsSession {
  readonly file: HostsFile;
  readonly ssh: Ssh;
  readonly remote: Remote;
  /** Programs of single hosts, in the place of the one that the flag names. */
  readonly programs: Map<string, string>;
}

/**
 * Reads the file of hosts, gives `task` a way to them, and closes it.
 *
 * @throws {CombotError} `USAGE`, `FILE_REFUSED`
 */
export async function withHosts<T>(flags: HostsFlags, task: (session: HostsSession) => Promise<T>): Promise<T> {
  const file = readHostsFile(flags.hosts ?? "");
  const ssh = new Ssh(configFile(flags));
  const programs = new Map<string, string>();
  const remote = new Remote(ssh, (host) => programs.get(host) ?? flags.program ?? "combot");
  try {
    return await task({ file, ssh, remote, programs });
  } finally {
    await ssh.close();
  }
}

function configFile(flags: HostsFlags): string | null {
  const path = flags["ssh-config"] ?? process.env["COMBOT_SSH_CONFIG"] ?? "";
  if (path === "") return null;
  if (statSync(path, { throwIfNoEntry: false })) return path;
  throw new CombotError("USAGE", `There is no file ${path} to be ssh's configuration.`);
}
