import { setTimeout as delay } from "node:timers/promises";
import type { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import type { MemoryCgroup } from "../../../../scripts/support/process-tree.ts";
import type { MemoryReport } from "../../../../src/lib/protocol/memory.ts";
import { Neighbour } from "./weights.ts";
import type { Weight } from "./weights.ts";

/** How much of what is missing is taken at a time, ten times a second. */
const GROWTH = 0.4;
/** This near to where it is to be, the reading has arrived. */
const NEAR = 0.01;
/**
 * What is missing once it has arrived, and is no more than this share of the limit, may be a worker's that is just being
 * replaced: if it were taken at once, the worker would lift the reading past the next level.
 */
const A_WORKER = 0.25;
const SLOW_GROWTH = 0.002;

/** Holds the reading where it is told, whatever the others free. */
export class Ballast {
  readonly #weight: Weight;
  readonly #usage: () => Promise<{ usage: number; limitBytes: number }>;
  #bytes = 0;
  #target: number | undefined;
  #hasArrived = false;
  #loop: Promise<void> | undefined;

  /** @param usage the reading that is to be held, as the daemon reads it. */
  constructor(weight: Weight, usage: () => Promise<{ usage: number; limitBytes: number }>) {
    this.#weight = weight;
    this.#usage = usage;
  }

  /**
   * A neighbour in the daemon's cgroup. The daemon reads whichever is fuller, the cgroup or the machine; as long as that
   * is the machine, the share is taken of what the kernel counts for the cgroup.
   */
  static beside(daemon: PrivateDaemon, cgroup: MemoryCgroup): Ballast {
    return new Ballast(new Neighbour(cgroup), async () => {
      const { usage, limitBytes, source } = await daemon.json<MemoryReport>("GET", "/api/memory/");
      if (source === "cgroup") return { usage, limitBytes };
      return { usage: cgroup.usedBytes / cgroup.limitBytes, limitBytes: cgroup.limitBytes };
    });
  }

  /** Holds the reading at `share` from here on; undefined lets go, and resolves when all is given back. */
  async hold(share: number | undefined): Promise<void> {
    this.#target = share;
    this.#hasArrived = false;
    if (share !== undefined) {
      this.#loop ??= this.#follow();
      return;
    }
    await this.#loop;
    await this.#set(0);
  }

  /** Follows no longer, and keeps what it has taken. */
  async rest(): Promise<void> {
    this.#target = undefined;
    await this.#loop;
  }

  async end(): Promise<void> {
    await this.rest();
    await this.#weight.end();
  }

  async #follow(): Promise<void> {
    while (this.#target !== undefined) {
      await this.#correct();
      await delay(100);
    }
    this.#loop = undefined;
  }

  async #correct(): Promise<void> {
    // A call that is lost on a closing connection, or on a daemon that has stopped, moves nothing.
    const reading = await this.#usage().catch(() => undefined);
    if (!reading || this.#target === undefined) return;
    const gap = this.#target - reading.usage;
    this.#hasArrived ||= gap < NEAR;
    await this.#set(Math.max(0, this.#bytes + this.#stepFor(gap) * reading.limitBytes));
  }

  /**
   * What is let go of is freed a little later: to take the whole gap at once has the kernel kill somebody now and then.
   *
   * @param gap share of the limit.
   */
  #stepFor(gap: number): number {
    if (gap <= 0) return gap;
    return this.#hasArrived && gap < A_WORKER ? Math.min(gap, SLOW_GROWTH) : gap * GROWTH;
  }

  async #set(bytes: number): Promise<void> {
    this.#bytes = bytes;
    await this.#weight.set(bytes);
  }
}
