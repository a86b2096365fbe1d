import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { freePort } from "../../../scripts/support/free-port.ts";
import { accelerator, vmFolder, wrapped } from "./folder.ts";
import type { Goods } from "./goods.ts";
import { GuestShell } from "./guest-shell.ts";
import type { Image } from "./image.ts";
import { Program } from "./program.ts";
import { tellQemu } from "./qmp.ts";

export interface Shape {
  /** Of this machine: two of one name can't run at once. */
  readonly name: string;
  readonly memoryMib: number;
  readonly cores: number;
  readonly swapMib: number;
  /** It reaches what this machine reaches, and this one's loopback as 10.0.2.2. */
  readonly online?: boolean;
}

/** Its clocks are not to be checked: on a busy host they fail, and then the kernel hangs or doesn't boot. */
const KERNEL_LINE =
  "root=/dev/vda rw console=ttyS0 quiet mitigations=off no_timer_check nowatchdog systemd.getty_auto=no";
const UP_LIMIT_MS = 3_600_000;
const DOWN_LIMIT_MS = 600_000;

/**
 * A virtual machine with a disk of its own over an image's or over another machine's. It reaches nothing, but where it
 * is said to be online: its network ends at qemu, which lets one port of this machine's loopback in, to its ssh.
 */
export class VirtualMachine {
  readonly shape: Shape;
  readonly disk: string;
  readonly #image: Image;
  readonly #goods: Goods | undefined;
  readonly #folder: string;
  #qemu: Program | undefined;
  #shell: GuestShell | undefined;

  /** @param from a disk that this one begins as; it must not change from then on. */
  static async create(parts: { image: Image; goods?: Goods; shape: Shape; from?: string }): Promise<VirtualMachine> {
    const machine = new VirtualMachine(parts.image, parts.goods, parts.shape);
    const { from = parts.image.disk } = parts;
    const format = from.endsWith(".qcow2") ? "qcow2" : "raw";
    rmSync(machine.disk, { force: true });
    await execa("qemu-img", ["create", "-q", "-f", "qcow2", "-F", format, "-b", from, machine.disk]);
    return machine;
  }

  private constructor(image: Image, goods: Goods | undefined, shape: Shape) {
    this.shape = shape;
    this.#image = image;
    this.#goods = goods;
    this.#folder = vmFolder("run", shape.name);
    this.disk = join(this.#folder, "disk.qcow2");
  }

  /** Its shell, while it is up. */
  get guest(): GuestShell {
    if (!this.#shell) throw new Error(`${this.shape.name} is not up`);
    return this.#shell;
  }

  /** What its kernel and systemd wrote to the serial line. */
  get console(): string {
    const path = join(this.#folder, "serial.log");
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  /** Switches it on; resolves when systemd has started all that a boot starts. @returns "running" or "degraded". */
  async boot(): Promise<string> {
    const port = await freePort();
    const [command, args] = wrapped("qemu-system-x86_64", await this.#arguments(port));
    this.#qemu = new Program(command, args, join(this.#folder, "qemu.log"));
    this.#shell = new GuestShell(port);
    return this.whenUp();
  }

  async whenUp(): Promise<string> {
    for (const until = performance.now() + UP_LIMIT_MS; performance.now() < until; await delay(500)) {
      if (this.#qemu?.hasEnded) throw new Error(`qemu has ended: ${this.console.slice(-2000)}`);
      if (!(await this.guest.connect())) continue;
      const { stdout } = await this.guest.run("systemctl is-system-running --wait").catch(() => ({ stdout: "" }));
      if (!["running", "degraded"].includes(stdout.trim())) continue;
      await this.#mount();
      return stdout.trim();
    }
    throw new Error(`${this.shape.name} does not come up: ${this.console.slice(-2000)}`);
  }

  /** The power goes: what the disk was told stays, what the guest's kernel had not yet written is lost. */
  async cutPower(): Promise<void> {
    await this.#qemu?.kill();
    await this.#shell?.remove();
    this.#qemu = undefined;
    this.#shell = undefined;
  }

  async powerOff(): Promise<void> {
    if (!this.#qemu) return;
    await this.guest.run("systemctl --no-block poweroff", { limitMs: 60_000 }).catch(() => undefined);
    await Promise.race([this.#qemu.ended, delay(DOWN_LIMIT_MS, undefined, { ref: false })]);
    await this.cutPower();
  }

  /** An orderly restart of the guest. */
  async reboot(): Promise<string> {
    const boot = "cat /proc/sys/kernel/random/boot_id";
    const before = await this.guest.sh(boot);
    await this.guest.run("systemctl --no-block reboot", { limitMs: 60_000 }).catch(() => undefined);
    for (const until = performance.now() + UP_LIMIT_MS; performance.now() < until; await delay(1000)) {
      const state = await this.whenUp();
      if ((await this.guest.run(boot)).stdout.trim() !== before) return state;
    }
    throw new Error(`${this.shape.name} does not reboot`);
  }

  /** Its disk as a power cut at this moment would leave it. The machine stands still meanwhile and notices nothing. */
  async copyDisk(path: string): Promise<void> {
    await tellQemu(this.#control, "stop");
    copyFileSync(this.disk, path);
    await tellQemu(this.#control, "cont");
  }

  /** Switched off, it leaves its disk for others to begin as. */
  keepDisk(path: string): void {
    renameSync(this.disk, path);
  }

  async remove(): Promise<void> {
    await this.cutPower();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #control(): string {
    return join(this.#folder, "qmp");
  }

  /** Not by fstab: a boot gives up on disks that a busy host does not show it within a minute and a half. */
  async #mount(): Promise<void> {
    const swap = this.shape.swapMib > 0 ? "swapon --label pages" : "true";
    const goods = this.#goods ? "mountpoint -q /srv || mount /srv; mountpoint -q /mnt || mount /mnt" : "true";
    await this.guest.sh(`${goods}; ${swap}`);
  }

  async #arguments(port: number): Promise<string[]> {
    const { memoryMib, cores, swapMib, online = false } = this.shape;
    const { disk: goods, project } = this.#goods ?? {};
    const drive = (file: string, format: string, more = ""): [string, string] => [
      "drive",
      `file=${file},format=${format},if=virtio${more}`,
    ];
    const options: [string, string][] = [
      ["machine", "q35"],
      ["accel", accelerator()],
      ["cpu", "max"],
      ["smp", String(cores)],
      ["m", `${memoryMib}M`],
      ["display", "none"],
      // The guest's clock stands still with the guest.
      ["rtc", "base=utc,clock=vm"],
      ["kernel", this.#image.kernel],
      ["initrd", this.#image.initrd],
      ["append", KERNEL_LINE],
      drive(this.disk, "qcow2"),
      ...[goods, project].filter((disk) => disk !== undefined).map((disk) => drive(disk, "raw", ",readonly=on")),
      ["netdev", `user,id=net,restrict=${online ? "off" : "on"},hostfwd=tcp:127.0.0.1:${port}-:22`],
      ["device", "virtio-net-pci,netdev=net"],
      ["device", "virtio-rng-pci"],
      ["serial", `file:${join(this.#folder, "serial.log")}`],
      ["qmp", `unix:${this.#control},server=on,wait=off`],
      // Somebody else's: `stop` and `cont` typed into it halt the machine for a while.
      ["monitor", `unix:${join(this.#folder, "monitor")},server=on,wait=off`],
    ];
    if (swapMib > 0) options.push(drive(await this.#swapDisk(swapMib), "raw"));
    return ["-nodefaults", "-no-user-config", ...options.flatMap(([name, value]) => [`-${name}`, value])];
  }

  async #swapDisk(mib: number): Promise<string> {
    const path = join(this.#folder, "swap.img");
    writeFileSync(path, "");
    truncateSync(path, mib * 1024 ** 2);
    await execa("mkswap", ["-L", "pages", path]);
    return path;
  }
}
