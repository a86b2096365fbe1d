import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Held-out texts of the bundled model: real input, none of it trained on. */
export function shopTexts(): string[] {
  const path = fileURLToPath(new URL("../../../models/shop-intents/data/test.csv", import.meta.url));
  const rows = readFileSync(path, "utf8").trim().split("\n").slice(1);
  return rows.filter((row) => !row.startsWith('"')).map((row) => row.slice(0, row.lastIndexOf(",")));
}
