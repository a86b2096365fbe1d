import { readFile } from "node:fs/promises";
import { packageFile } from "../../lib/package-files.ts";

/** scripts/openapi.ts writes it at build time: making it takes all of the schemas' machinery, which the daemon spares. */
const BUILT = packageFile("dist/openapi.json");

/** Read anew for each of the few who ask, rather than held in memory for good. */
export function readOpenApiDocument(file = BUILT): Promise<Buffer> {
  return readFile(file);
}
