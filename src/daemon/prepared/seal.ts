import { createHash } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** What a prepared folder held when it was made. */
const sealSchema = z.object({
  files: z.array(
    z.object({ name: z.string().regex(/^[\w.-]+$/), bytes: z.int().min(0), sha256: z.string().length(64) }),
  ),
});

const SEAL = "seal.json";

/** Writes down every file of a folder that was just made. */
export async function sealFolder(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name !== SEAL).toSorted();
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      return { name, bytes: statSync(path).size, sha256: await sha256Of(path) };
    }),
  );
  await writeFile(join(folder, SEAL), JSON.stringify({ files }));
}

/** Why the folder is not as it was sealed; undefined where it is, to the last byte. */
export async function faultOfFolder(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, SEAL), "utf8").catch(() => undefined);
  if (text === undefined) return "there is none";
  const seal = sealSchema.safeParse(parseJson(text));
  if (!seal.success) return "its seal is damaged";
  for (const { name, bytes, sha256 } of seal.data.files) {
    const path = join(folder, name);
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size !== bytes) return `${name} has ${size ?? "no"} bytes, not ${bytes}`;
    if ((await sha256Of(path)) !== sha256) return `${name} is damaged`;
  }
  return undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
