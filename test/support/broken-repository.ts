import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeNamedModel } from "./repository.ts";

/** One thing in a repository that can't be served. */
export interface BrokenEntry {
  /** As it lies in the repository; what is told of it bears that name. */
  readonly name: string;
  readonly make: (path: string) => void;
  /** Why, as it is told. */
  readonly reason: RegExp;
}

type Sabotage = (dir: string) => void;

/** A good model, and then something is done to it. */
function broken(name: string, reason: RegExp, sabotage: Sabotage): BrokenEntry {
  return { name, reason, make: (path) => sabotage(writeNamedModel(path, "broken")) };
}

function written(name: string, file: string, content: string, reason: RegExp): BrokenEntry {
  return broken(name, reason, (dir) => writeFileSync(join(dir, file), content));
}

function without(name: string, file: string, reason: RegExp): BrokenEntry {
  return broken(name, reason, (dir) => rmSync(join(dir, file)));
}

function halved(name: string, file: string, reason: RegExp): BrokenEntry {
  return broken(name, reason, (dir) =>
    truncateSync(join(dir, file), Math.floor(readFileSync(join(dir, file)).length / 2)),
  );
}

/** Made by its own hand. */
function odd(name: string, reason: RegExp, make: Sabotage): BrokenEntry {
  return { name, reason, make };
}

const model = (path: string): void => void writeNamedModel(path, "broken");
const fifo = (path: string): void => void execFileSync("mkfifo", [path]);
const NO_NAME = /a model's name has 1 to 64 small letters, digits/;

export const BROKEN_NAMES: readonly BrokenEntry[] = [
  odd("Upper", NO_NAME, model),
  odd("-dash", NO_NAME, model),
  odd("_underscore", NO_NAME, model),
  odd("two words", NO_NAME, model),
  odd("süß", NO_NAME, model),
  odd("x".repeat(65), NO_NAME, model),
  odd("line\nbreak", NO_NAME, model),
  odd("default", /the name of the model that COMBOT_MODEL_DIR names/, model),
  odd("lone.onnx", /it is a file: a model is a folder/, (path) => writeFileSync(path, "model")),
  odd("linked.onnx", /it is a file: a model is a folder/, (path) => symlinkSync("/etc/hostname", path)),
  odd("packed.zip", /it is a file: a model is a folder/, (path) => writeFileSync(path, "PK")),
];

export const BROKEN_FOLDERS: readonly BrokenEntry[] = [
  odd("a-pipe", /it is no folder/, fifo),
  odd("dangling", /there is no such folder/, (path) => symlinkSync("/nowhere/at/all", path)),
  odd("link-to-itself", /ELOOP|too many symbolic links/, (path) => symlinkSync(path, path)),
  odd("empty", /neither model\.onnx nor onnx\/model\.onnx/, (path) => mkdirSync(path)),
  broken("shut", /EACCES|permission denied/, (dir) => chmodSync(dir, 0)),
  broken("shut-file", /model\.onnx: .*(?:EACCES|permission denied)/, (dir) => chmodSync(join(dir, "model.onnx"), 0)),
  without("no-config", "config.json", /config\.json: it is missing/),
  written("config-broken", "config.json", '{"id2label": ', /config\.json: it is no JSON/),
  written("config-no-object", "config.json", "[1]", /config\.json: /),
  written("labels-by-name", "config.json", '{"id2label": {"first": "a"}}', /config\.json: .*id2label/),
  written("too-few-labels", "config.json", '{"id2label": {"0": "a", "1": "b"}}', /3 labels, and config\.json names 2/),
  without("no-tokenizer", "tokenizer.json", /tokenizer\.json: it is missing/),
  halved("tokenizer-cut", "tokenizer.json", /tokenizer\.json: it is no JSON/),
  written("tokenizer-strange", "tokenizer.json", '{"model": {"type": "CharLevel"}}', /tokenizer\.json: /),
  without("no-model", "model.onnx", /neither model\.onnx nor onnx\/model\.onnx/),
  halved("model-cut", "model.onnx", /model\.onnx: it is cut off/),
  written("model-empty", "model.onnx", "", /model\.onnx: /),
  written("model-a-page", "model.onnx", "<html>404</html>", /model\.onnx: it is no ONNX model/),
  written(
    "model-not-fetched",
    "model.onnx",
    "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    /model\.onnx: .*Git LFS/,
  ),
  broken("model-elsewhere", /neither model\.onnx|model\.onnx: /, (dir) => {
    rmSync(join(dir, "model.onnx"));
    symlinkSync("/etc/hostname", join(dir, "model.onnx"));
  }),
  broken("config-a-pipe", /config\.json: it is no regular file/, (dir) => {
    rmSync(join(dir, "config.json"));
    fifo(join(dir, "config.json"));
  }),
  written("wishes-broken", "combot.json", "{", /combot\.json: it is no JSON/),
  written("wishes-unknown", "combot.json", '{"pinned": true}', /combot\.json: it has the key "pinned"/),
  written("wishes-no-label", "combot.json", '{"thresholds": {"x": 0.5}}', /combot\.json: the model has no label "x"/),
  written("wishes-too-much", "combot.json", '{"workers": 1000}', /combot\.json: workers: .*<=64/),
  broken("wishes-a-folder", /combot\.json: it is no regular file/, (dir) => mkdirSync(join(dir, "combot.json"))),
];
