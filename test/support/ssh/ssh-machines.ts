import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Machine } from "../systemd/machine.ts";
import { SSHD } from "./requirements.ts";

const RELAY = join(import.meta.dirname, "relay.mjs");
const PORT = 2222;
const FOLDER = "/etc/test-ssh";

/** The keys and the ssh_config by which machines with an sshd of their own are reached, by names. */
export class SshMachines {
  readonly folder = mkdtempSync(join(tmpdir(), "combot-ssh-test-"));
  readonly config = join(this.folder, "config");
  readonly #key = join(this.folder, "key");
  readonly #known = join(this.folder, "known_hosts");
  #text = "";

  constructor() {
    makeKey(this.#key);
    writeFileSync(this.#known, "");
    this.#write();
  }

  /** Starts an sshd in the machine, which lets root in by this test's key alone. */
  async add(name: string, machine: Machine): Promise<void> {
    const hostKey = join(this.folder, `${name}-host`);
    makeKey(hostKey);
    machine.write(`${FOLDER}/host_key`, readFileSync(hostKey, "utf8"), 0o600);
    machine.write(`${FOLDER}/authorized_keys`, readFileSync(`${this.#key}.pub`, "utf8"), 0o600);
    machine.write(`${FOLDER}/sshd_config`, SERVER, 0o600);
    await machine.sh("mkdir", "-p", "-m", "755", "/run/sshd");
    const unit = ["systemd-run", "--quiet", "--unit", "test-sshd", "--property", "Type=exec"];
    await machine.sh(...unit, SSHD, "-D", "-e", "-f", `${FOLDER}/sshd_config`);
    const [type, key] = readFileSync(`${hostKey}.pub`, "utf8").split(" ");
    writeFileSync(this.#known, `${readFileSync(this.#known, "utf8")}${name} ${type} ${key}\n`);
    const relay = `nsenter --net=/proc/${machine.pid}/ns/net ${process.execPath} ${RELAY} ${PORT}`;
    this.#text += `Host ${name}\n  HostKeyAlias ${name}\n  ProxyCommand ${relay}\n`;
    this.#write();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #write(): void {
    const common = `  User root\n  IdentityFile ${this.#key}\n  IdentitiesOnly yes\n  UserKnownHostsFile ${this.#known}\n`;
    writeFileSync(this.config, `${this.#text}Host *\n${common}  StrictHostKeyChecking yes\n`);
  }
}

const SERVER = `ListenAddress 127.0.0.1:${PORT}
HostKey ${FOLDER}/host_key
AuthorizedKeysFile ${FOLDER}/authorized_keys
PidFile none
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
`;

function makeKey(path: string): void {
  execFileSync("/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path]);
}
