import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { PROJECT, vmFolder } from "../../../../test/support/vm/folder.ts";
import { digestOf, pack } from "../../../../test/support/vm/goods.ts";
import { imageOf } from "../../../../test/support/vm/image.ts";
import { PackageRegistry } from "../../../../test/support/vm/package-registry.ts";
import { VirtualMachine } from "../../../../test/support/vm/virtual-machine.ts";
import { writeNamedModel } from "../../../../test/support/repository.ts";
import type { Typed } from "./keyboard.ts";

const SHAPE = { name: "stranger-debian-12", memoryMib: 8192, cores: 2, swapMib: 0, online: true } as const;
const MESSAGES = ["where is my parcel??", "can I pay by card", "cancel my order please"];

/** A Debian as a cloud hands it out, online, and the registry that its npm asks. */
export class EmptyMachine {
  readonly vm: VirtualMachine;
  readonly #registry: PackageRegistry;
  readonly #folder: string;

  private constructor(vm: VirtualMachine, registry: PackageRegistry, folder: string) {
    this.vm = vm;
    this.#registry = registry;
    this.#folder = folder;
  }

  /** Switched on, the package published. @param from a disk that it begins as. */
  static async boot(parts: {
    readonly archive: string;
    readonly from?: string | undefined;
    readonly say: (progress: string) => void;
  }): Promise<EmptyMachine> {
    const { archive, from, say } = parts;
    const image = await imageOf("bookworm", say, []);
    say("starting a registry");
    const registry = await PackageRegistry.start();
    const vm = await VirtualMachine.create({ image, shape: SHAPE, ...(from !== undefined && { from }) });
    const machine = new EmptyMachine(vm, registry, mkdtempSync(join(tmpdir(), "combot-stranger-")));
    try {
      await registry.publish(archive);
      say("booting");
      await vm.boot();
      await machine.#bring();
      return machine;
    } catch (error) {
      await machine.remove();
      throw error;
    }
  }

  /** What the operator of such a machine has: a registry that is reached, logs that may be read, a model, messages. */
  async #bring(): Promise<void> {
    const { guest } = this.vm;
    await guest.sh(`echo 'registry=${this.#registry.fromGuests}' >/root/.npmrc; usermod -aG adm ops`);
    writeNamedModel(join(this.#folder, "my-model"), "mine");
    const { stdout } = await execa("tar", ["-cf", "-", "my-model"], { cwd: this.#folder, encoding: "buffer" });
    await guest.sh("tar -xf - -C ~ops && chown -R ops: ~ops/my-model", { input: stdout });
    await guest.write("/home/ops/messages.txt", `${MESSAGES.join("\n")}\n`);
  }

  /** The same program comes out under the next version. */
  async release(archive: string): Promise<void> {
    const folder = join(this.#folder, "next");
    await execa("mkdir", ["-p", folder]);
    await execa("tar", ["-xzf", archive, "-C", folder, "--strip-components", "1"]);
    for (const name of ["package.json", "oclif.manifest.json"]) {
      const manifest = join(folder, name);
      const described = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
      const version = described.version.replace(/\d+$/u, (patch) => String(Number(patch) + 1));
      writeFileSync(manifest, JSON.stringify({ ...described, version }));
    }
    const next = join(this.#folder, "next.tgz");
    await pack(folder, next);
    await this.#registry.publish(next);
  }

  async remove(): Promise<void> {
    await this.vm.remove();
    await this.#registry.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The package as it would be published, and what tells it from another. */
export async function packaged(): Promise<{ readonly archive: string; readonly digest: string }> {
  const archive = join(vmFolder("goods"), "stranger.tgz");
  await pack(PROJECT, archive);
  // What is told of an earlier run makes no other machine.
  return { archive, digest: await digestOf(archive, "*/docs/acceptance/stranger-*") };
}

/** A machine after the first commands of an installation, which take long: its disk, and how they went. */
export class Kept {
  readonly #disk: string;

  /** @param state all that made it so: the commands, and the package once one of them has installed it. */
  constructor(state: readonly string[]) {
    const key = createHash("sha256").update(JSON.stringify(state)).digest("hex").slice(0, 12);
    this.#disk = join(vmFolder("kept"), `stranger-${key}.qcow2`);
  }

  get disk(): string | undefined {
    return existsSync(this.#typed) ? this.#disk : undefined;
  }

  get typed(): Typed[] {
    return JSON.parse(readFileSync(this.#typed, "utf8")) as Typed[];
  }

  async keep({ vm }: EmptyMachine, typed: readonly Typed[]): Promise<void> {
    await vm.guest.sh("sync");
    await vm.copyDisk(this.#disk);
    writeFileSync(this.#typed, JSON.stringify(typed));
  }

  get #typed(): string {
    return `${this.#disk}.json`;
  }
}
