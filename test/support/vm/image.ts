import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { vmFolder, wrapped } from "./folder.ts";

export const SUITES = ["bookworm", "trixie"] as const;
export type Suite = (typeof SUITES)[number];

/** What boots: a file system without a partition table, its kernel and the kernel's first root. */
export interface Image {
  readonly suite: Suite;
  readonly disk: string;
  readonly kernel: string;
  readonly initrd: string;
}

const RECIPE = fileURLToPath(new URL("make-image.sh", import.meta.url));
const DISK_BYTES = 8 * 1024 ** 3;

const PACKAGES = `systemd-sysv udev dbus libpam-systemd linux-image-cloud-amd64 initramfs-tools zstd openssh-server
  iproute2 e2fsprogs kmod procps sudo curl ca-certificates git`.split(/\s+/);
/** Debian 12 has no Valkey; on 13 it is the one of the two that nothing else here has. */
const STORES: Readonly<Record<Suite, readonly string[]>> = {
  bookworm: ["redis-server"],
  trixie: ["valkey-server", "valkey-tools"],
};

/**
 * The machine's image, made where there is none of this recipe yet: minutes, root, a Debian mirror.
 *
 * @param more packages; one of the stores that this Debian has, otherwise.
 */
export async function imageOf(
  suite: Suite,
  say: (progress: string) => void,
  more: readonly string[] = STORES[suite],
): Promise<Image> {
  const packages = [...PACKAGES, ...more];
  const recipe = [readFileSync(RECIPE, "utf8"), ...packages, await sshKey()].join("\n");
  const name = `${suite}-${createHash("sha256").update(recipe).digest("hex").slice(0, 12)}`;
  const folder = vmFolder(name);
  const image = {
    suite,
    disk: join(folder, "disk.ext4"),
    kernel: join(folder, "vmlinuz"),
    initrd: join(folder, "initrd.img"),
  };
  if (!existsSync(image.disk)) await make(image, { folder, packages, say });
  return image;
}

/** The key that opens every machine's ssh, made once; what it has to be told as. */
async function sshKey(): Promise<string> {
  const path = join(vmFolder(), "key");
  if (!existsSync(path)) await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "combot", "-f", path]);
  return readFileSync(`${path}.pub`, "utf8").trim();
}

interface Making {
  readonly folder: string;
  readonly packages: readonly string[];
  readonly say: (progress: string) => void;
}

async function make(image: Image, { folder, packages, say }: Making): Promise<void> {
  say(`${image.suite}: installing Debian`);
  const tree = join(folder, "tree");
  rmSync(tree, { recursive: true, force: true });
  const what = [image.suite, await mirror(), tree, await sshKey(), ...packages];
  const log = { file: join(folder, "make.log") };
  const [command, args] = wrapped("unshare", ["--mount", "--", "sh", RECIPE, ...what]);
  await execa(command, args, { stdout: log, stderr: log, stdin: "ignore" });
  for (const [prefix, to] of [
    ["vmlinuz-", image.kernel],
    ["initrd.img-", image.initrd],
  ] as const)
    renameSync(join(tree, "boot", newestOf(join(tree, "boot"), prefix)), to);
  await makeDisk({ label: "root", tree, path: image.disk, bytes: DISK_BYTES });
}

function newestOf(folder: string, prefix: string): string {
  const found = readdirSync(folder).filter((name) => name.startsWith(prefix));
  return found.toSorted().at(-1) ?? `${prefix}?`;
}

/** The one that apt uses here. */
async function mirror(): Promise<string> {
  const { stdout } = await execa("apt-get", ["indextargets", "--format", "$(REPO_URI)"]);
  const found = stdout.split("\n").find((uri) => uri !== "" && !uri.includes("security"));
  if (found === undefined)
    throw new Error("apt here names no Debian mirror to make an image from: apt-get indextargets");
  return found;
}

/** A file system that holds what is in a folder, which goes. Sparse: what nobody has written takes no room. */
export async function makeDisk(disk: { label: string; tree: string; path: string; bytes: number }): Promise<void> {
  const { label, tree, path, bytes } = disk;
  const unfinished = `${path}.new`;
  writeFileSync(unfinished, "");
  truncateSync(unfinished, bytes);
  await execa(...wrapped("mkfs.ext4", ["-q", "-L", label, "-d", tree, unfinished]));
  renameSync(unfinished, path);
  rmSync(tree, { recursive: true, force: true });
}
