import { readFile } from "node:fs/promises";
import { packageFile } from "../../lib/package-files.ts";

/** scripts/openapi.ts writes it at build time: making it takes all of the schemas' machinery, which the daemon spares. */
const BUILT = packageFile("dist/openapi.json");

/** Read when the first one asks, and the same bytes to all: who does not take his reply must not cost 180 KB each. */
export function openApiDocument(file = BUILT): () => Promise<Buffer> {
  let document: Promise<Buffer> | undefined;
  return () => {
    document ??= readFile(file).catch((thrown: unknown) => {
      document = undefined;
      throw thrown;
    });
    return document;
  };
}
