import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { PACKAGE_FOLDER } from "../../../src/lib/package-files.ts";

/** Debian's, which has Debian's Django and gunicorn; another one in the PATH may have neither. */
export const PYTHON = "/usr/bin/python3";
export const PYTHON_CLIENT = join(PACKAGE_FOLDER, "clients/python");

/** Missing where it may be; under CI it may not. */
export function hasPython(...modules: readonly string[]): boolean {
  const imports = spawnSync(PYTHON, ["-c", `import ${["json", ...modules].join(", ")}`], { encoding: "utf8" });
  if (imports.status !== 0 && process.env["CI"] === "true") throw new Error(`${PYTHON}: ${imports.stderr}`);
  return imports.status === 0;
}

/** An environment in which the client can be imported, from its folder as it is. */
export function pythonEnv(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, PYTHONPATH: PYTHON_CLIENT, PYTHONDONTWRITEBYTECODE: "1", ...more };
}

export function runPython(args: readonly string[], env: NodeJS.ProcessEnv): string {
  return execFileSync(PYTHON, args, { cwd: PYTHON_CLIENT, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
