import { readFileSync } from "node:fs";
import { packageFile } from "../package-files.ts";
import type { DesiredFile } from "./desired-file.ts";
import type { Facts, FileState, Shell } from "./facts.ts";
import { PATHS } from "./paths.ts";

/** `combot` for everybody: it leads to the Node and the program of the current release. */
export const CLI_LINK = { path: "/usr/local/bin/combot", target: `${PATHS.current}/bin/combot` } as const;

/** man-db reads every folder man1*, so one link brings all pages, in no name that npm gives to its own. */
const MAN_LINK = { path: "/usr/local/share/man/man1combot", target: `${PATHS.current}/dist/man` } as const;

const LINKS = [CLI_LINK, MAN_LINK];

/** Where an administrator's completions belong; each shell looks there by itself. Built by scripts/completions.ts. */
const COMPLETIONS: Readonly<Record<Shell, { readonly path: string; readonly built: string }>> = {
  bash: { path: "/usr/local/share/bash-completion/completions/combot", built: "combot.bash" },
  zsh: { path: "/usr/local/share/zsh/site-functions/_combot", built: "_combot" },
  fish: { path: "/etc/fish/completions/combot.fish", built: "combot.fish" },
};

const MARK = "Written by combot deploy";

/** Files in folders that are not combot's: somebody else's of the same name are left as they are. */
export const SHARED_FILES: readonly string[] = [...LINKS, ...Object.values(COMPLETIONS)].map(({ path }) => path);

/** Whether deploy wrote it. */
export function isOurs({ content, link }: FileState): boolean {
  return link === undefined ? (content?.includes(MARK) ?? false) : LINKS.some(({ target }) => target === link);
}

/** Names that somebody else has taken. */
export function takenNames(files: Facts["files"]): readonly string[] {
  return SHARED_FILES.filter((path) => files[path] && !isOurs(files[path]));
}

/** The links and the completions, where nobody else has a file of that name. */
export function sharedFiles({ files, shells }: Facts): readonly DesiredFile[] {
  const common = { owner: "root:root", isSecret: false, readBy: [] };
  const links = LINKS.map(({ path, target }) => ({ ...common, path, mode: 0o777, content: "", link: target }));
  const completions = shells.map((shell) => {
    const { path, built } = COMPLETIONS[shell];
    return { ...common, path, mode: 0o644, content: readFileSync(packageFile(`dist/completions/${built}`), "utf8") };
  });
  const taken = takenNames(files);
  return [...links, ...completions].filter(({ path }) => !taken.includes(path));
}
