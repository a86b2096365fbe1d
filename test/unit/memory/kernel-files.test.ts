import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { kernelFiles } from "../../../src/lib/kernel-files.ts";
import { temporaryFolder } from "../../support/temporary.ts";

test("what isn't there is undefined; any other failure is no answer", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "file");
  writeFileSync(file, "text");
  expect([kernelFiles.read(file), await kernelFiles.readSlow(file)]).toEqual(["text", "text"]);
  for (const path of [join(folder, "none"), join(file, "below"), "/proc/4194305/status"]) {
    expect([kernelFiles.read(path), await kernelFiles.readSlow(path)]).toEqual([undefined, undefined]);
  }
  expect(() => kernelFiles.read(folder)).toThrow(/EISDIR/);
  await expect(kernelFiles.readSlow(folder)).rejects.toThrow(/EISDIR/);
});
