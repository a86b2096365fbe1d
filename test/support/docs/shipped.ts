import { execFileSync } from "node:child_process";
import { PACKAGE_FOLDER } from "../../../src/lib/package-files.ts";

/** The files of the package, as npm packs it. */
export function shippedFiles(): ReadonlySet<string> {
  const args = ["pack", "--dry-run", "--ignore-scripts", "--json"];
  const told = execFileSync("npm", args, {
    cwd: PACKAGE_FOLDER,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [packed] = JSON.parse(told) as [{ readonly files: readonly { readonly path: string }[] }];
  return new Set(packed.files.map(({ path }) => path));
}
