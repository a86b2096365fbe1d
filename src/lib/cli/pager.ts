import { spawn } from "node:child_process";
import { once } from "node:events";
import { shown } from "../terminal-text.ts";

const NOT_FOUND = 127;
/** As git: quit where all fits on one screen, colours as they are, leave the text on the screen. */
const BY_DEFAULT = { LESS: "FRX", LV: "-c" };

/** What to show a text with; undefined: nothing, as without a terminal. */
export function pagerOf(env: NodeJS.ProcessEnv, isTerminal: boolean): string | undefined {
  const pager = env["PAGER"] ?? "less";
  return !isTerminal || env["TERM"] === "dumb" || ["", "cat"].includes(pager.trim()) ? undefined : pager;
}

/**
 * Shows a text through a pager and waits until it is closed.
 *
 * @param pager for the shell, as PAGER has it.
 * @returns false where there is no such program, and nothing was shown.
 */
export async function page(text: string, pager: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const child = spawn("/bin/sh", ["-c", pager], {
    stdio: ["pipe", "inherit", "inherit"],
    env: { ...BY_DEFAULT, ...env },
  });
  // Whoever has read enough closes it before it has all.
  child.stdin.on("error", () => undefined);
  child.stdin.end(shown(text));
  const [status] = (await once(child, "close")) as [number | null];
  return status !== NOT_FOUND;
}
