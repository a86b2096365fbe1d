import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../../../scripts/image/base.ts";
import { Machine } from "../../../../test/support/systemd/machine.ts";
import { missingParts } from "../../../../test/support/systemd/requirements.ts";
import type { Line } from "../../record.ts";
import { SETTINGS } from "./engine.ts";
import { forTheRecord, Missing } from "./stage.ts";
import type { Say, Stage } from "./stage.ts";

const ARCHIVE = "/var/lib/containers/combot.tar";

/** What a Debian 13 needs beside its smallest variant to boot, and to run containers as a service. */
const PACKAGES =
  "systemd systemd-sysv dbus podman crun conmon netavark aardvark-dns catatonit iptables nftables curl ca-certificates";

/** Its files, with Podman 5: Debian 12's Podman is older than Quadlet. Made once. */
function makeDebian13(): string {
  const root = join(cacheFolder(), "debian-13-podman");
  if (existsSync(root)) return root;
  const making = `${root}.making-${process.pid}`;
  mkdirSync(cacheFolder(), { recursive: true });
  try {
    const options = ["--variant=minbase", `--include=${PACKAGES.replaceAll(" ", ",")}`];
    execFileSync("debootstrap", [...options, "trixie", making], { stdio: ["ignore", "ignore", "inherit"] });
    renameSync(making, root);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return root;
}

/** On a Debian 13 that its own systemd has booted, with the image and the token's secret in its Podman. */
export function onDebian13(
  part: (machine: Machine, stage: Stage, say: Say) => AsyncGenerator<Line>,
): (stage: Stage, say: Say) => AsyncGenerator<Line> {
  return async function* booted(stage, say) {
    const missing = missingParts();
    if (spawnSync("debootstrap", ["--version"]).error) missing.push("debootstrap is not installed");
    if (missing.length > 0) throw new Missing(missing.join("; "));
    say("a Debian 13");
    const machine = await Machine.boot(makeDebian13());
    try {
      await furnish(machine, stage);
      yield forTheRecord("Podman", await machine.sh("podman", "--version"));
      yield* part(machine, stage, say);
    } finally {
      await machine.stop();
    }
  };
}

/** What a container of this machine's needs to have containers itself, and the image. */
async function furnish(machine: Machine, { engine, image }: Stage): Promise<void> {
  // Overlays are not made over overlays, and the network's settings are the machine's own.
  const store = "mkdir -p /var/lib/containers && mount -t tmpfs -o size=3g containers /var/lib/containers";
  const net = "mount -t proc proc /mnt && mount --bind /mnt/sys/net /proc/sys/net && umount -l /mnt";
  await machine.sh("sh", "-c", `${store} && ${net}`);
  machine.write("/etc/containers/containers.conf", SETTINGS);
  await engine.run("save", "--quiet", "--output", machine.path(ARCHIVE), image);
  await machine.sh("podman", "load", "--quiet", "--input", ARCHIVE);
  rmSync(machine.path(ARCHIVE));
}

/** A field of a container, as a Go template. */
export function fieldOn(machine: Machine, container: string, template: string): Promise<string> {
  return machine.sh("podman", "container", "inspect", "--format", template, container);
}
