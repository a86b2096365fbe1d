import { chmodSync, writeFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { gatherMachineFacts } from "../../../src/lib/machine-facts/gather.ts";
import { processesWith } from "../../support/processes-with.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const PLENTY_MS = 60_000;

test("what this machine is agrees with what the kernel says", { timeout: 2 * PLENTY_MS }, async () => {
  const { cpu, memory, fileSystems, distribution, kernel } = await gatherMachineFacts(PLENTY_MS);
  expect(cpu?.cores).toBeGreaterThanOrEqual(availableParallelism());
  expect(memory?.bytes).toBe(totalmem());
  expect(fileSystems?.map(({ mount }) => mount)).toContain("/");
  expect(distribution).toMatch(/\w/);
  expect(kernel).toContain(process.arch);
});

describe("a program that hangs", () => {
  test("holds nobody up, and is ended with its process", { timeout: 2 * PLENTY_MS }, async () => {
    // As df does where a server of files is away.
    const folder = temporaryFolder();
    const mark = `${String(process.pid)}${"7".repeat(4)}`;
    writeFileSync(join(folder, "df"), `#!/bin/sh\nexec sleep ${mark}\n`);
    chmodSync(join(folder, "df"), 0o755);
    const { PATH } = process.env;
    process.env["PATH"] = `${folder}:${PATH}`;
    onTestFinished(() => void (process.env["PATH"] = PATH));
    const { fileSystems, memory } = await gatherMachineFacts(8000);
    expect(fileSystems).toBeNull();
    expect(memory?.bytes).toBe(totalmem());
    await expect.poll(() => processesWith(`sleep ${mark}`)).toEqual([]);
  });
});
