import { execFile } from "node:child_process";
import { LAUNCHER } from "../../../../scripts/support/private-daemon.ts";

/** `combot model check` on a folder: undefined where it ends with 0, otherwise its status and what it said. */
export function checkFolder(dir: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(process.execPath, [LAUNCHER, "model", "check", dir], { timeout: 60_000 }, (error, _, stderr) => {
      const said = stderr.trim().replaceAll(dir, "DIR").replaceAll(/\s+/g, " ").slice(0, 300);
      resolve(error ? `model check ends with ${error.code ?? error.signal}: ${said}` : undefined);
    });
  });
}
