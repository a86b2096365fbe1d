import { existsSync, realpathSync } from "node:fs";
import { dirname } from "node:path";
import { nullFor } from "./files.ts";

/** sudo looks for commands here, not in the PATH of whoever runs it. */
const SEARCHED = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"];

/**
 * The command by which root runs this very program: `sudo combot` where sudo would find it, and where what it finds
 * finds a Node; else Node and program by their paths, as with a Node that nvm keeps in a home folder.
 */
export function commandAsRoot(script = process.argv[1] ?? ""): string {
  const own = nullFor([], () => realpathSync(script));
  const found = SEARCHED.map((folder) => `${folder}/combot`).find((path) => existsSync(path));
  const target = found && realpathSync(found);
  const isOwn = own !== null && target !== undefined && dirname(target) === dirname(own);
  const hasNode = existsSync(`${dirname(own ?? "/")}/node`) || SEARCHED.some((folder) => existsSync(`${folder}/node`));
  return isOwn && hasNode ? "sudo combot" : `sudo ${process.execPath} ${own ?? script}`;
}
