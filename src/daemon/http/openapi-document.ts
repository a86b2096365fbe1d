import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** scripts/openapi.ts writes it at build time: making it takes all of the schemas' machinery, which the daemon spares. */
const BUILT = import.meta.url.endsWith(".ts") ? "../../../dist/openapi.json" : "../../openapi.json";

/** Read anew for each of the few who ask, rather than held in memory for good. */
export function readOpenApiDocument(file = fileURLToPath(new URL(BUILT, import.meta.url))): Promise<Buffer> {
  return readFile(file);
}
