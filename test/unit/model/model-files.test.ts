import { copyFileSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { traitsOf } from "../../../src/daemon/model/cpu.ts";
import { bySpeed } from "../../../src/daemon/model/model-files.ts";
import { openModel } from "../../../src/daemon/model/opening.ts";
import { surveyFolder } from "../../../src/daemon/model/survey.ts";
import { writeForeignModel } from "../../support/foreign-models.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const cpu = (arch: string, flags: string): ReturnType<typeof traitsOf> => traitsOf(arch, new Set(flags.split(" ")));

const VNNI = cpu("x64", "avx2 avx512f avx512bw avx512_vnni");
const CLIENT_VNNI = cpu("x64", "avx2 avx_vnni");
const AVX512 = cpu("x64", "avx2 avx512f avx512bw");
const AVX2 = cpu("x64", "avx2");
const OLD = cpu("x64", "sse4_2 avx");
const ARM = cpu("arm64", "asimd asimddp");
const OLD_ARM = cpu("arm64", "asimd");

/** As transformers.js publishes a model. */
const JS = ["bnb4", "fp16", "int8", "q4", "q4f16", "quantized", "uint8"].map((kind) => `onnx/model_${kind}.onnx`);
/** As sentence-transformers does. */
const ST = ["O1", "O2", "O3", "O4", "qint8_arm64", "qint8_avx512", "qint8_avx512_vnni", "quint8_avx2"].map(
  (kind) => `onnx/model_${kind}.onnx`,
);

describe("of several files the one that serves", () => {
  test.each([
    ["has 8 bits where the CPU multiplies them at once", [...JS, "onnx/model.onnx"], VNNI, "onnx/model_int8.onnx"],
    ["so on a client's CPU", [...JS, "onnx/model.onnx"], CLIENT_VNNI, "onnx/model_int8.onnx"],
    ["so on ARM", [...JS, "onnx/model.onnx"], ARM, "onnx/model_int8.onnx"],
    ["has 32 where it does not", [...JS, "onnx/model.onnx"], AVX512, "onnx/model.onnx"],
    ["so with AVX2", [...JS, "onnx/model.onnx"], AVX2, "onnx/model.onnx"],
    ["so on an old one", [...JS, "onnx/model.onnx"], OLD, "onnx/model.onnx"],
    ["so on an old ARM", [...JS, "onnx/model.onnx"], OLD_ARM, "onnx/model.onnx"],
    ["is the one that was made for the CPU", [...ST, "onnx/model.onnx"], VNNI, "onnx/model_qint8_avx512_vnni.onnx"],
    ["that is AVX512", [...ST, "onnx/model.onnx"], AVX512, "onnx/model_qint8_avx512.onnx"],
    ["that is AVX2", [...ST, "onnx/model.onnx"], AVX2, "onnx/model_quint8_avx2.onnx"],
    ["that is ARM", [...ST, "onnx/model.onnx"], ARM, "onnx/model_qint8_arm64.onnx"],
    ["is none that was made for another", [...ST, "onnx/model.onnx"], OLD, "onnx/model.onnx"],
    ["is no optimised one before the plain one", ["model_O2.onnx", "model.onnx"], VNNI, "model.onnx"],
    [
      "has 8 bits before 4, and 4 before 16",
      ["model_fp16.onnx", "model_q4.onnx", "model_uint8.onnx"],
      OLD,
      "model_uint8.onnx",
    ],
    ["has 4 bits before 16", ["model_fp16.onnx", "model_q4f16.onnx", "model_q4.onnx"], VNNI, "model_q4.onnx"],
    ["lies in the folder before a folder within it", ["onnx/model.onnx", "model.onnx"], VNNI, "model.onnx"],
  ])("%s", (_, files, on, fastest) => {
    expect(bySpeed(files, on)[0]).toBe(fastest);
    expect(bySpeed(files.toReversed(), on)[0]).toBe(fastest);
  });
});

describe("a folder", () => {
  const folderWith = (...names: string[]): string => {
    const dir = writeForeignModel(temporaryFolder());
    mkdirSync(join(dir, "onnx"));
    for (const name of names) copyFileSync(join(dir, "model.onnx"), join(dir, name));
    return dir;
  };

  test.each([
    "model_quantized.onnx",
    "model_int8.onnx",
    "model_fp16.onnx",
    "model_O3.onnx",
    "model_bnb4.onnx",
    "model_q4.onnx",
  ])("may have %s alone, there or in onnx/", (name) => {
    const dir = writeForeignModel(temporaryFolder());
    renameSync(join(dir, "model.onnx"), join(dir, name));
    expect(surveyFolder(dir)).toMatchObject({ file: name, others: [] });
    mkdirSync(join(dir, "onnx"));
    renameSync(join(dir, name), join(dir, "onnx", name));
    expect(surveyFolder(dir)).toMatchObject({ file: `onnx/${name}`, others: [] });
  });

  test("with several says which one serves, and the others; one that was asked for needs no word", async () => {
    const dir = folderWith("onnx/model_fp16.onnx", "onnx/model_q4.onnx");
    const { file, remarks } = await openModel(dir, temporaryFolder());
    expect(file).toBe("model.onnx");
    expect(remarks).toEqual([
      "Of several model files model.onnx serves, the fastest on this CPU; --file takes another: onnx/model_q4.onnx, onnx/model_fp16.onnx.",
    ]);
    for (const wish of ["model_fp16.onnx", "onnx/model_fp16.onnx"]) {
      const wished = await openModel(dir, temporaryFolder(), { file: wish });
      expect([wished.file, wished.remarks]).toEqual(["onnx/model_fp16.onnx", []]);
    }
  });

  test("may be asked for a file of any name, within it", () => {
    const dir = folderWith("distilled.onnx");
    expect(surveyFolder(dir, "distilled.onnx").file).toBe("distilled.onnx");
    expect(() => surveyFolder(dir, "other.onnx")).toThrow(
      /there is no model file other\.onnx; there are (distilled|model)\.onnx, (distilled|model)\.onnx: --file takes one of them/,
    );
    writeFileSync(join(dir, "..", "stray.onnx"), "");
    for (const wish of ["../stray.onnx", "onnx/../../stray.onnx", join(dir, "model.onnx")])
      expect(() => surveyFolder(dir, wish)).toThrow(/is not named within the folder/);
  });

  test("with no file of a known name tells which there are", () => {
    const dir = writeForeignModel(temporaryFolder());
    renameSync(join(dir, "model.onnx"), join(dir, "sentiment.onnx"));
    expect(() => surveyFolder(dir)).toThrow(/neither model\.onnx nor .* there are sentiment\.onnx: --file takes/);
  });
});
