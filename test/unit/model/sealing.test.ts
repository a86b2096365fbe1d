import { execFileSync, spawn } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { openModel, openSealed } from "../../../src/daemon/model/opening.ts";
import { pruneCopies, sealedStore } from "../../../src/daemon/model/sealed-copy.ts";
import type { SealedCopy } from "../../../src/daemon/model/sealed-copy.ts";
import { writeForeignModel } from "../../support/foreign-models.ts";
import type { ForeignModel } from "../../support/foreign-models.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const IS_ROOT = process.getuid?.() === 0;
const NOBODY = 65_534;

const write = (foreign: ForeignModel = {}): string => writeForeignModel(temporaryFolder(), foreign);
/** Of this process, whichever thread has started them. */
const childProcesses = (): number[] =>
  readdirSync("/proc/self/task")
    .flatMap((thread) => readFileSync(`/proc/self/task/${thread}/children`, "utf8").trim().split(" "))
    .filter((pid) => pid !== "")
    .map(Number);

const modelIn = (sealed: SealedCopy): Buffer => readFileSync(join(sealed.folder, sealed.file));

/** As an operator would: into the same files. */
function copyOver(from: string, to: string): void {
  for (const name of readdirSync(from)) copyFileSync(join(from, name), join(to, name));
}

describe("a model that was opened", () => {
  test("is what it was, whatever is written over its folder", async () => {
    const [dir, other, state] = [write({ labels: ["a", "b"] }), write({ labels: ["c", "d"] }), temporaryFolder()];
    const before = readFileSync(join(dir, "model.onnx"));
    const { sealed, labels, modelPath, digest } = await openModel(dir, state);
    copyOver(other, dir);
    expect(modelIn(sealed)).toEqual(before);
    expect(modelPath).toBe(join(sealed.folder, "model.onnx"));
    expect([labels, sealed.intact]).toEqual([["a", "b"], true]);
    const again = await openModel(dir, state);
    expect(again.labels).toEqual(["c", "d"]);
    expect(again.digest).not.toBe(digest);
    expect(await openSealed(dir, sealed.content, state)).toMatchObject({ labels: ["a", "b"], digest, dir });
  });

  test("has what links lead to, and weights at the names that the model has for them", async () => {
    const [dir, blobs] = [write({ inFolder: true, externalData: true }), temporaryFolder()];
    for (const name of ["config.json", "onnx/model.onnx", "onnx/model.onnx_data"]) {
      const blob = join(blobs, name.replace("/", "-"));
      copyFileSync(join(dir, name), blob);
      rmSync(join(dir, name));
      symlinkSync(blob, join(dir, name));
    }
    const { sealed, externalPaths } = await openModel(dir, temporaryFolder());
    expect(sealed.file).toBe("onnx/model.onnx");
    expect(externalPaths).toEqual([join(sealed.folder, "onnx/model.onnx_data")]);
    rmSync(blobs, { recursive: true });
    expect(modelIn(sealed).length).toBeGreaterThan(0);
    expect(statSync(externalPaths[0]!).isFile()).toBe(true);
  });

  test("is not copied again while its folder is as it was, nor where a file has another date alone", async () => {
    const [dir, state] = [write(), temporaryFolder()];
    const { sealed } = await openModel(dir, state);
    const { ino } = statSync(join(sealed.folder, "model.onnx"));
    await openModel(dir, state);
    utimesSync(join(dir, "model.onnx"), 1, 1);
    const again = await openModel(dir, state);
    expect(again.sealed.folder).toBe(sealed.folder);
    expect(statSync(join(sealed.folder, "model.onnx")).ino).toBe(ino);
    expect(readdirSync(sealedStore(state))).toHaveLength(1);
  });

  test("that can't be served leaves no copy behind", async () => {
    const [dir, state] = [write(), temporaryFolder()];
    writeFileSync(join(dir, "config.json"), "{");
    await expect(openModel(dir, state)).rejects.toThrow(`${join(dir, "config.json")}: it is no JSON`);
    expect(readdirSync(sealedStore(state))).toEqual([]);
  });
});

describe("a copy", () => {
  const spoil = (path: string): void => {
    chmodSync(path, 0o640);
    appendFileSync(path, "x");
  };

  test("that somebody wrote into is noticed, not served, and made again", async () => {
    const [dir, state] = [write(), temporaryFolder()];
    const { sealed } = await openModel(dir, state);
    const whole = modelIn(sealed);
    spoil(join(sealed.folder, sealed.file));
    expect(sealed.intact).toBe(false);
    await expect(openSealed(dir, sealed.content, state)).rejects.toThrow(/model\.onnx is not as it was copied/);
    await sealed.mend();
    expect(sealed.intact).toBe(true);
    expect(modelIn(sealed)).toEqual(whole);
  });

  test("whose dates were put back is noticed all the same", async () => {
    const { sealed } = await openModel(write(), temporaryFolder());
    const path = join(sealed.folder, "config.json");
    const { atime, mtime } = statSync(path);
    const text = readFileSync(path, "utf8");
    chmodSync(path, 0o640);
    writeFileSync(path, text.replace("NEGATIVE", "POSITIVE"));
    utimesSync(path, atime, mtime);
    expect(sealed.intact).toBe(false);
  });

  test("can't be mended from a folder that has changed", async () => {
    const dir = write();
    const { sealed } = await openModel(dir, temporaryFolder());
    spoil(join(sealed.folder, sealed.file));
    copyOver(write({ labels: ["other", "ones"] }), dir);
    await expect(sealed.mend()).rejects.toMatchObject({ code: "MODEL_INVALID" });
    expect(sealed.intact).toBe(false);
  });

  test.runIf(IS_ROOT)("of another user is not trusted", async () => {
    const [dir, state] = [write(), temporaryFolder()];
    const { sealed } = await openModel(dir, state);
    chownSync(join(sealed.folder, "config.json"), NOBODY, NOBODY);
    await expect(openSealed(dir, sealed.content, state)).rejects.toThrow(/config\.json belongs to the user 65534/);
    chownSync(sealed.folder, NOBODY, NOBODY);
    await expect(openSealed(dir, sealed.content, state)).rejects.toThrow(/belongs to the user 65534/);
    chownSync(sealedStore(state), NOBODY, NOBODY);
    await expect(openModel(dir, state)).rejects.toMatchObject({ code: "NO_ROOM" });
  });

  test("stays while it is needed; of the others the last two, and nothing that was cut off", async () => {
    const state = temporaryFolder();
    const copies: SealedCopy[] = [];
    for (const label of ["a", "b", "c", "d"]) {
      copies.push((await openModel(write({ labels: [label, "x"] }), state)).sealed);
      utimesSync(copies.at(-1)!.folder, copies.length, copies.length);
    }
    const gone = spawn("true");
    await new Promise((resolve) => gone.once("exit", resolve));
    mkdirSync(join(sealedStore(state), `${gone.pid}.copying`));
    mkdirSync(join(sealedStore(state), `${process.pid}.copying`));
    await pruneCopies(state, [copies[0]!.content]);
    expect(copies.map(({ folder }) => existsSync(folder))).toEqual([true, false, true, true]);
    expect(readdirSync(sealedStore(state)).filter((name) => name.endsWith(".copying"))).toEqual([
      `${process.pid}.copying`,
    ]);
  });
});

describe("a folder that can't be copied", () => {
  test.each(["config.json", "tokenizer.json", "tokenizer_config.json"])("for %s is a FIFO", async (name) => {
    const dir = write();
    rmSync(join(dir, name), { force: true });
    execFileSync("mkfifo", [join(dir, name)]);
    await expect(openModel(dir, temporaryFolder())).rejects.toThrow(`${join(dir, name)}: it is no regular file`);
  });

  test.runIf(IS_ROOT && existsSync("/proc/kmsg"))("for whoever reads a file of it would wait", async () => {
    const dir = write();
    rmSync(join(dir, "tokenizer.json"));
    // A regular file by its mode, that gives what the kernel has logged and then waits for more.
    symlinkSync("/proc/kmsg", join(dir, "tokenizer.json"));
    await expect(openModel(dir, temporaryFolder())).rejects.toThrow(/tokenizer\.json: it can't be read/);
  });

  test("for it does not answer in time is given up", async () => {
    const dir = write();
    // Of so much some piece takes more than a millisecond.
    truncateSync(join(dir, "model.onnx"), 256 * 1024 ** 2);
    await expect(openModel(dir, temporaryFolder(), { silenceMs: 1 })).rejects.toMatchObject({
      code: "MODEL_INVALID",
      message: expect.stringMatching(new RegExp(`^${dir}.*: it was not read within 0\\.001 s$`)) as string,
    });
  });

  test("and not for the process that is to read it takes longer to begin", async () => {
    const others = new Set(childProcesses());
    const opened = openModel(write(), temporaryFolder(), { silenceMs: 3000 });
    const reader = await vi.waitUntil(() => childProcesses().find((pid) => !others.has(pid)), { interval: 1 });
    process.kill(reader, "SIGSTOP");
    await delay(4500);
    process.kill(reader, "SIGCONT");
    expect((await opened).sealed.intact).toBe(true);
  });

  test("for it is being written all the time", async () => {
    const dir = write();
    const path = JSON.stringify(join(dir, "config.json"));
    const loop = `const { openSync, readFileSync, writeSync } = require("node:fs"); const text = readFileSync(${path});
      const file = openSync(${path}, "r+"); console.log("writes"); for (;;) writeSync(file, text, 0, text.length, 0);`;
    const writer = spawn(process.execPath, ["-e", loop], { stdio: ["ignore", "pipe", "ignore"] });
    onTestFinished(() => void writer.kill("SIGKILL"));
    await new Promise((resolve) => writer.stdout.once("data", resolve));
    // Where others want the processor too, it is to write all the same.
    if (IS_ROOT) setPriority(writer.pid!, -15);
    await expect(openModel(dir, temporaryFolder())).rejects.toThrow(/config\.json: it is being changed/);
  });

  test.runIf(IS_ROOT)("for there is no room says how much it takes, and where", async () => {
    const state = temporaryFolder();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", state]);
    onTestFinished(() => void execFileSync("umount", [state]));
    await expect(openModel(write(), state)).rejects.toMatchObject({
      code: "NO_ROOM",
      message: expect.stringMatching(/a copy of .*model\.onnx needs .*MiB in .*, where 1.0 MiB are free/) as string,
    });
    expect(readdirSync(sealedStore(state))).toEqual([]);
  });

  test("for the state folder is a file", async () => {
    const state = join(temporaryFolder(), "state");
    writeFileSync(state, "");
    await expect(openModel(write(), state)).rejects.toMatchObject({ code: "NO_ROOM" });
  });
});
