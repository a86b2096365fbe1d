import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { describeProgram } from "../../../src/lib/deploy/program-files.ts";
import { packageFile } from "../../../src/lib/package-files.ts";

/** Where an ELF file (elf(5)) names the processor that it is for. */
const MACHINE_AT = 18;

function elfMachineOf(path: string): number | string {
  const head = readFileSync(path);
  return head.subarray(0, 4).equals(Buffer.from("\x7fELF")) ? head.readUInt16LE(MACHINE_AT) : "no ELF file";
}

test("a release holds native libraries, and none that this machine could not load", () => {
  const native = describeProgram(packageFile(".")).files.filter(({ to }) => /\.node$|\.so(\.\d+)*$/.test(to));
  expect(native.map(({ to }) => to)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/onnxruntime_binding\.node$/),
      expect.stringMatching(/tokenizers\.linux-.*\.node$/),
    ]),
  );
  const ours = elfMachineOf(process.execPath);
  for (const { from } of native) expect([from, elfMachineOf(from)]).toEqual([from, ours]);
});

test("of onnxruntime it holds the CPU's libraries alone, once, and nothing that fetched others", () => {
  const names = describeProgram(packageFile(".")).files.map(({ to }) => to);
  const place = "dist/node_modules/onnxruntime-node";
  const ours = `${place}/bin/napi-v6/${process.platform}/${process.arch}`;
  expect(names.filter((name) => /onnxruntime.*\.(node|so)/.test(name)).toSorted()).toEqual([
    `${ours}/libonnxruntime.so.1`,
    `${ours}/onnxruntime_binding.node`,
  ]);
  expect(names.filter((name) => name.startsWith("node_modules/onnxruntime-node/"))).toEqual([]);
  expect(names).toContain(`${place}/LICENSE`);
});

test("of its dependencies it holds what Node can run, and nothing that is for compilers and debuggers alone", () => {
  const names = describeProgram(packageFile(".")).files.map(({ to }) => to);
  expect(names.filter((name) => /^node_modules\/.*\.([cm]?ts|map)$/.test(name))).toEqual([]);
  expect(names).toContain("node_modules/fastify/fastify.js");
});
