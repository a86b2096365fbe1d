import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openModel } from "../../src/daemon/model/opening.ts";
import type { ServedModel } from "../../src/daemon/model/served-model.ts";

/** Sizes that combot has targets for, the default first; then the one that shows what 8 bits are worth. */
export const PRESETS = ["distilbert-int8", "minilm-int8", "distilbert-fp32"] as const;
export type Preset = (typeof PRESETS)[number];

/** MiniLM's size with a graph that takes two seconds to load. */
export const SLOW_TO_LOAD = "minilm-int8-slow-to-load";
const IDLE_NODES = 2800;
/** MiniLM's size in the weights that a user of torch has. */
export const MINILM_FP32 = "minilm-fp32";
type Made = Preset | typeof SLOW_TO_LOAD | typeof MINILM_FP32;

/** Where copies of models lie while they are measured. */
const STATE = join(tmpdir(), "combot-bench-models", "state");
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MAKER = join(ROOT, "bench/model/main.ts");
/** What a model that is made here follows from. */
const INGREDIENTS = ["bench/model", "scripts/onnx", "models/shop-intents/data"];

/** The model to measure with; a preset's is made once and kept below the temporary folder. */
export async function openBenchModel(
  model: { readonly preset: Made } | { readonly dir: string },
  say: (progress: string) => void,
): Promise<ServedModel> {
  if ("dir" in model) return openModel(model.dir, STATE);
  const dir = join(tmpdir(), "combot-bench-models", `${model.preset}-${digestOfIngredients()}`);
  if (!existsSync(dir)) make(model.preset, dir, say);
  return { ...(await openModel(dir, STATE)), name: model.preset };
}

function make(preset: Made, dir: string, say: (progress: string) => void): void {
  say(`making ${preset} in ${dir}`);
  const making = `${dir}.${process.pid}`;
  const [shape = "", width] = preset.split("-");
  const idle = preset === SLOW_TO_LOAD ? ["--idle-nodes", String(IDLE_NODES)] : [];
  const flags = ["--preset", shape, "--out", making, ...(width === "int8" ? ["--int8"] : []), ...idle];
  try {
    mkdirSync(dirname(dir), { recursive: true });
    execFileSync(process.execPath, [MAKER, ...flags], { stdio: ["ignore", "ignore", "inherit"] });
    renameSync(making, dir);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

/** A change to the maker makes other models. */
function digestOfIngredients(): string {
  const hash = createHash("sha256");
  for (const folder of INGREDIENTS.map((name) => join(ROOT, name)).filter((path) => existsSync(path))) {
    const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    for (const name of files.map((entry) => entry.name).toSorted()) hash.update(readFileSync(join(folder, name)));
  }
  return hash.digest("hex").slice(0, 8);
}
