/* A process that reads its own memory and cgroup, and does to them what its test tells, a line of JSON each. */
import { closeSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { totalmem } from "node:os";
import { createInterface } from "node:readline";
import { Cgroup, fullestOf } from "../../../../src/daemon/memory/cgroup.ts";
import type { MemoryUsage } from "../../../../src/daemon/memory/machine-memory.ts";
import { Sampler } from "../../../../src/daemon/memory/sampler.ts";
import type { MemorySample } from "../../../../src/daemon/memory/sampler.ts";
import { MIB } from "../../../../src/lib/units.ts";

export type Order =
  | { readonly do: "look" }
  | { readonly do: "allocate"; readonly bytes: number }
  | { readonly do: "cache"; readonly path: string; readonly bytes: number };

export interface Look {
  readonly cgroup: MemoryUsage | null;
  readonly sample: MemorySample;
}

const held: Buffer[] = [];
const cgroup = new Cgroup();
const sampler = new Sampler({
  pids: () => [{ role: "daemon", pid: process.pid }],
  limitBytes: null,
  now: () => performance.now(),
});

/** Writes a file and reads it twice: its pages are in the page cache, and active. */
function cache(path: string, bytes: number): void {
  const block = Buffer.alloc(MIB, 7);
  const file = openSync(path, "w+");
  for (let at = 0; at < bytes; at += MIB) writeSync(file, block, 0, MIB, at);
  fsyncSync(file);
  for (let round = 0; round < 2; round++) {
    for (let at = 0; at < bytes; at += MIB) readSync(file, block, 0, MIB, at);
  }
  closeSync(file);
}

async function obey(order: Order): Promise<Look> {
  if (order.do === "allocate") held.push(Buffer.alloc(order.bytes, 7));
  if (order.do === "cache") cache(order.path, order.bytes);
  return { cgroup: fullestOf(cgroup.usages(totalmem())), sample: await sampler.sample() };
}

console.log('"ready"');
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await obey(JSON.parse(line) as Order)));
}
