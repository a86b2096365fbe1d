import { execFileSync } from "node:child_process";
import { appendFileSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { FolderWatch } from "../../../src/daemon/model/folder-watch.ts";
import { openModel, openSealed } from "../../../src/daemon/model/opening.ts";
import type { ServedModel } from "../../../src/daemon/model/served-model.ts";
import { writeForeignModel } from "../../support/foreign-models.ts";
import { temporaryFolder } from "../../support/temporary.ts";

interface Watched {
  readonly dir: string;
  readonly watch: FolderWatch;
  /** What it told, as it came. */
  readonly told: (string | undefined)[];
  readonly serve: (model: ServedModel) => void;
}

async function watched(model?: ServedModel, silenceMs?: number): Promise<Watched> {
  const dir = model?.dir ?? writeForeignModel(temporaryFolder(), { externalData: true });
  let served = model ?? (await openModel(dir, temporaryFolder()));
  const told: (string | undefined)[] = [];
  const watch = new FolderWatch({
    model: () => served,
    onChange: (fault) => told.push(fault?.state),
    ...(silenceMs === undefined ? {} : { silenceMs }),
  });
  return { dir, watch, told, serve: (next) => void (served = next) };
}

describe("a model's folder", () => {
  test("that nobody touches is the same", async () => {
    const { watch, told } = await watched();
    await watch.poll();
    await watch.poll();
    expect([watch.state, told]).toEqual(["same", []]);
  });

  test.each(["config.json", "tokenizer.json", "model.onnx_data"])("that has another %s is told, once", async (name) => {
    const { dir, watch, told } = await watched();
    const before = readFileSync(join(dir, name));
    appendFileSync(join(dir, name), " ");
    await watch.poll();
    await watch.poll();
    expect(watch.fault).toEqual({
      state: "changed",
      detail: `the folder ${dir} has changed since it was loaded; it goes on as it was until \`combot model use ${dir}\``,
    });
    writeFileSync(join(dir, name), before);
    await watch.poll();
    expect([watch.state, told]).toEqual(["same", ["changed", undefined]]);
  });

  test("that was touched, or written anew with the same content, is the same", async () => {
    const { dir, watch, told } = await watched();
    utimesSync(join(dir, "model.onnx"), 1, 1);
    await watch.poll();
    const path = join(dir, "config.json");
    writeFileSync(`${path}.new`, readFileSync(path));
    renameSync(`${path}.new`, path);
    await watch.poll();
    expect([watch.state, told]).toEqual(["same", []]);
  });

  test("that has a file it had not is another", async () => {
    const { dir, watch } = await watched();
    writeFileSync(join(dir, "tokenizer_config.json"), '{"model_max_length": 8}');
    await watch.poll();
    expect(watch.state).toBe("changed");
  });

  test("that is gone, or was moved and came back", async () => {
    const { dir, watch, told } = await watched();
    renameSync(dir, `${dir}-away`);
    await watch.poll();
    expect(watch.fault?.detail).toMatch(/is not there any more \(.*there is no such folder\); it goes on as it was/);
    renameSync(`${dir}-away`, dir);
    await watch.poll();
    expect([watch.state, told]).toEqual(["same", ["gone", undefined]]);
  });

  test("whose model is a FIFO by now holds nobody", async () => {
    const { dir, watch } = await watched();
    rmSync(join(dir, "model.onnx"));
    execFileSync("mkfifo", [join(dir, "model.onnx")]);
    await watch.poll();
    expect(watch.state).toBe("gone");
  });

  test("that does not answer is told, and once it does, how it is", async () => {
    const { dir, watch, told } = await watched(undefined, 2000);
    const [path, held] = [process.env["PATH"], join(temporaryFolder(), "held")];
    // Hangs as one that a file system holds, for as long as there is a file.
    const slow = `#!/bin/sh\n[ -e ${held} ] && exec sleep 600\nPATH='${path}' exec stat "$@"\n`;
    writeFileSync(join(held, "..", "stat"), slow, { mode: 0o755 });
    process.env["PATH"] = `${join(held, "..")}:${path}`;
    onTestFinished(() => void (process.env["PATH"] = path));
    writeFileSync(held, "");
    await watch.poll();
    expect(watch.fault).toMatchObject({
      state: "gone",
      detail: expect.stringContaining(`${dir} does not answer`) as string,
    });
    rmSync(held);
    await expect.poll(() => watch.poll().then(() => watch.state), { timeout: 20_000 }).toBe("same");
    expect(told).toEqual(["gone", undefined]);
  });

  test("is compared with the copy, where that serves from before", async () => {
    const [dir, state] = [writeForeignModel(temporaryFolder()), temporaryFolder()];
    const { sealed } = await openModel(dir, state);
    appendFileSync(join(dir, "config.json"), " ");
    const { watch } = await watched(await openSealed(dir, sealed.content, state));
    await watch.poll();
    expect(watch.state).toBe("changed");
  });

  test("is another one after a switch", async () => {
    const { dir, watch, serve, told } = await watched();
    appendFileSync(join(dir, "config.json"), " ");
    await watch.poll();
    serve(await openModel(dir, temporaryFolder()));
    expect(watch.state).toBe("same");
    await watch.poll();
    expect([watch.state, told]).toEqual(["same", ["changed"]]);
  });

  test("is looked at by one process that stays, that comes again where it was killed, and ends with the watch", async () => {
    const { dir, watch } = await watched();
    await watch.poll();
    const first = lookersAt(dir);
    expect(first).toHaveLength(1);
    await watch.poll();
    expect(lookersAt(dir)).toEqual(first);
    process.kill(first[0]!, "SIGKILL");
    await expect.poll(() => watch.poll().then(() => lookersAt(dir))).not.toEqual(first);
    appendFileSync(join(dir, "config.json"), " ");
    await watch.poll();
    expect(watch.state).toBe("changed");
    watch.stop();
    await expect.poll(() => lookersAt(dir)).toEqual([]);
  });
});

/** Processes with a file of the folder among their arguments. */
function lookersAt(dir: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => argumentsOf(pid).includes(join(dir, "config.json")))
    .map(Number);
}

function argumentsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}
