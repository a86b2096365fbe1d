import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { packTar } from "modern-tar";
import type { Part } from "./parts.ts";

/** A tar.gz of the parts, in a folder of that name. Nobody's name or id stands in it. */
export async function packParts(folder: string, parts: readonly Part[], now: Date): Promise<Buffer> {
  const entries = parts.map(({ name, text }) => {
    const body = Buffer.from(text);
    return { header: { name: `${folder}/${name}`, size: body.length, mode: 0o644, mtime: now }, body };
  });
  const tar = await packTar(entries);
  return promisify(gzip)(tar);
}
