import { basename } from "node:path";

/** huggingface_hub: a folder a model, `/` written as `--`, and in it one a commit. */
const IN_CACHE = /\/models--([^/]+)\/snapshots\/[^/]+$/;

/** What a model is called: as its folder is, or in a cache of Hugging Face's `organisation/model`. */
export function nameOfFolder(dir: string): string {
  const [, model] = IN_CACHE.exec(dir) ?? [];
  return model === undefined ? basename(dir) : model.replaceAll("--", "/");
}
