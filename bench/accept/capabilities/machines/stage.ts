import { existsSync } from "node:fs";
import { join } from "node:path";
import { vmFolder } from "../../../../test/support/vm/folder.ts";
import { packGoods } from "../../../../test/support/vm/goods.ts";
import type { Goods } from "../../../../test/support/vm/goods.ts";
import { imageOf } from "../../../../test/support/vm/image.ts";
import type { Image, Suite } from "../../../../test/support/vm/image.ts";
import { VirtualMachine } from "../../../../test/support/vm/virtual-machine.ts";
import type { Shape } from "../../../../test/support/vm/virtual-machine.ts";

export interface Model extends Shape {
  readonly suite: Suite;
}

/** Each of the two Debians with much and with little, so that swap and processors occur with either. */
export const MODELS: readonly Model[] = [
  { name: "debian-12-8g", suite: "bookworm", memoryMib: 8192, cores: 2, swapMib: 0 },
  { name: "debian-12-2g", suite: "bookworm", memoryMib: 2048, cores: 1, swapMib: 1024 },
  { name: "debian-13-8g", suite: "trixie", memoryMib: 8192, cores: 1, swapMib: 2048 },
  { name: "debian-13-2g", suite: "trixie", memoryMib: 2048, cores: 2, swapMib: 0 },
];

/** What a part works with: machines of one model. */
export interface Stage {
  readonly model: Model;
  /** A new one, off, whose disk is the image's or the one given. */
  readonly create: (from?: string) => Promise<VirtualMachine>;
  /** Where a disk with this state of it is kept from one run to the next. */
  readonly kept: (state: string) => string;
  readonly say: (progress: string) => void;
}

let goods: Promise<Goods> | undefined;

export async function stageFor(model: Model, say: (progress: string) => void): Promise<Stage> {
  goods ??= packGoods(say);
  const brought = await goods;
  const image: Image = await imageOf(model.suite, say);
  return {
    model,
    create: (from) =>
      VirtualMachine.create({ image, goods: brought, shape: model, ...(from !== undefined && { from }) }),
    kept: (state) => join(vmFolder("kept"), `${model.name}-${state}-${brought.digest}.qcow2`),
    say: (progress) => say(progress === "" ? "" : `${model.name}: ${progress}`),
  };
}

/**
 * A machine that is up, in a state that takes long to come to: made once, then kept as a disk.
 *
 * @param from the state that it is made from; the image otherwise.
 */
export async function inState(
  stage: Stage,
  state: string,
  make: (machine: VirtualMachine) => Promise<void>,
  from?: string,
): Promise<VirtualMachine> {
  const path = stage.kept(state);
  if (!existsSync(path)) {
    const machine = await stage.create(from);
    try {
      await machine.boot();
      await make(machine);
      await machine.powerOff();
      machine.keepDisk(path);
    } finally {
      await machine.remove();
    }
  }
  const machine = await stage.create(path);
  await machine.boot();
  return machine;
}

/** As a user does it who has no network but the packages: how many seconds it took. */
export async function installFrom(machine: VirtualMachine, archive: "combot.tgz" | "earlier.tgz"): Promise<number> {
  // A dependency of the earlier one fetches more when it is installed.
  const scripts = archive === "earlier.tgz" ? "--ignore-scripts" : "";
  const from = performance.now();
  await machine.guest.sh(`
    test -e /usr/local/bin/node || cp -a /srv/node/. /usr/local/
    cp -r /srv/npm-cache /var/tmp/npm-cache
    npm install --global ${scripts} --offline --no-audit --no-fund --cache /var/tmp/npm-cache /srv/${archive}
    rm -rf /var/tmp/npm-cache`);
  return Math.round((performance.now() - from) / 1000);
}
