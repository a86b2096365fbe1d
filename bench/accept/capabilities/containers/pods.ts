import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FrontOptions } from "../../front.ts";
import type { Line, Part } from "../../record.ts";
import { untilReady } from "./pod-calls.ts";
import type { Door } from "./pod-calls.ts";
import { provideRedis } from "./redis-image.ts";
import { forPodman, renderOverlay, SECRET, secretOf } from "./rendered.ts";
import { Missing, staged } from "./stage.ts";
import type { Say, Stage } from "./stage.ts";

const PREFIX = "combot-accept";
const REDIS = `${PREFIX}-redis`;
const PORT = 8181;
/** terminationGracePeriodSeconds, which Podman does not take from there. */
const GRACE_SECONDS = "40";

/** Where a pod stands: each has an address that stays, whoever is there. */
export const SLOTS = ["a", "b", "c"] as const;
export type Slot = (typeof SLOTS)[number];

export interface Pod {
  readonly slot: Slot;
  readonly name: string;
  readonly container: string;
  /** From `podman kube play` to 200 at /readyz. */
  readonly readyMs: number;
}

/** Pods of the Deployment on a network of their own, where a Redis has the name that the overlay expects. */
export class Pods {
  readonly #stage: Stage;
  readonly #overlay: string;
  readonly #net: string;
  #token = "";

  private constructor(stage: Stage, overlay: string, net: string) {
    this.#stage = stage;
    this.#overlay = overlay;
    this.#net = net;
  }

  static async open(stage: Stage, overlay: string): Promise<Pods> {
    const { engine } = stage;
    await removeAll(stage);
    await engine.run("network", "create", PREFIX);
    const subnet = await engine.run("network", "inspect", "--format", "{{(index .Subnets 0).Subnet}}", PREFIX);
    const pods = new Pods(stage, overlay, subnet.trim().replace(/\.\d+\/\d+$/, ""));
    await pods.startRedis();
    await pods.#makeSecret();
    return pods;
  }

  async #makeSecret(): Promise<void> {
    const path = join(this.#stage.folder, "secret.yaml");
    writeFileSync(path, secretOf(randomBytes(32).toString("base64")));
    await this.#stage.engine.run("kube", "play", path);
  }

  /** For HAProxy in front of them. */
  front(folder: string): FrontOptions {
    return { folder, host: "combot", servers: SLOTS.map((name) => ({ name, address: this.address(name) })) };
  }

  address(slot: Slot): string {
    return `${this.#net}.${SLOTS.indexOf(slot) + 11}`;
  }

  door(slot: Slot): Door {
    return { address: this.address(slot), port: PORT, token: this.#token };
  }

  /** @returns when it is ready, or has not become it in a minute. */
  async play(slot: Slot): Promise<Pod> {
    const { engine, folder } = this.#stage;
    const deployment = `${PREFIX}-${slot}`;
    const path = join(folder, `${deployment}.yaml`);
    writeFileSync(path, forPodman(this.#overlay, deployment));
    const fromMs = performance.now();
    await engine.run("kube", "play", "--network", PREFIX, "--ip", this.address(slot), path);
    await untilReady(this.door(slot));
    const readyMs = performance.now() - fromMs;
    // Podman 4.3 and 5 name them differently.
    const name = (await engine.run("pod", "ps", "--filter", `name=^${deployment}-pod`, "--format", "{{.Name}}")).trim();
    const container = `${name}-combot`;
    // Podman 4.3 hands a Secret on as it stands in the YAML: what the callers send is what the pod has.
    this.#token ||= (await engine.run("exec", container, "cat", `/run/secrets/${SECRET}`)).trim();
    return { slot, name, container, readyMs };
  }

  /**
   * As Kubernetes does it: SIGTERM, the time to drain, and only then the network, which `podman pod stop` takes away at
   * once: calls then hung until HAProxy's limit of 35 s. @returns its exit status.
   */
  async remove({ slot, name, container }: Pod): Promise<string> {
    const { engine } = this.#stage;
    await engine.run("stop", "--time", GRACE_SECONDS, container);
    const status = await engine.field(container, "{{.State.ExitCode}}");
    await engine.run("pod", "rm", "--force", name);
    await engine.tryTo("volume", "rm", `${PREFIX}-${slot}-state`);
    return status;
  }

  async startRedis(): Promise<void> {
    const redis = await provideRedis(this.#stage);
    const options = ["--network", PREFIX, "--network-alias", "redis"];
    const command = ["redis-server", "--protected-mode", "no", "--save", ""];
    await this.#stage.engine.run("run", "--detach", "--name", REDIS, ...options, redis, ...command);
  }

  async killRedis(): Promise<void> {
    await this.#stage.engine.run("rm", "--force", "--time", "0", REDIS);
  }

  async close(): Promise<void> {
    await removeAll(this.#stage);
  }
}

async function removeAll({ engine }: Stage): Promise<void> {
  const found = await engine.tryTo("pod", "ps", "--filter", `name=^${PREFIX}`, "--format", "{{.Name}}");
  for (const name of (found ?? "").split("\n").filter(Boolean)) await engine.tryTo("pod", "rm", "--force", name);
  await engine.tryTo("rm", "--force", "--time", "0", REDIS);
  await engine.tryTo("secret", "rm", SECRET);
  for (const volume of [SECRET, ...SLOTS.map((slot) => `${PREFIX}-${slot}-state`)])
    await engine.tryTo("volume", "rm", "--force", volume);
  await engine.tryTo("network", "rm", "--force", PREFIX);
}

/** A part that has pods: where the manifests can be rendered, and HAProxy is there. */
export function withPods(name: string, part: (stage: Stage, pods: Pods, say: Say) => AsyncGenerator<Line>): Part {
  return staged(name, async function* (stage, say) {
    const overlay = renderOverlay();
    if (overlay === undefined) throw new Missing("neither kustomize nor kubectl is installed");
    if (spawnSync("haproxy", ["-v"]).status !== 0) throw new Missing("haproxy is not installed");
    const pods = await Pods.open(stage, overlay);
    try {
      yield* part(stage, pods, say);
    } finally {
      await pods.close();
    }
  });
}
