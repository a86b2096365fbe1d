// What the shells complete, from oclif's manifest: into dist/completions, where combot autocomplete and combot deploy
// take it. A step of the build. Usage: node scripts/completions.ts
import { mkdirSync, writeFileSync } from "node:fs";
import { packageFile } from "../src/lib/package-files.ts";
import { forBash } from "./completion/bash.ts";
import { knownCommands } from "./completion/commands.ts";
import { forFish } from "./completion/fish.ts";
import { forZsh } from "./completion/zsh.ts";

const TARGET = packageFile("dist/completions");
const commands = knownCommands();

/** The words by which deploy knows its own files again are the first ones. */
function headed(shell: string): string {
  return `# Written by combot deploy. The same is what combot autocomplete ${shell} prints.`;
}

mkdirSync(TARGET, { recursive: true });
writeFileSync(`${TARGET}/combot.bash`, `${headed("bash")}\n${forBash(commands)}`);
writeFileSync(`${TARGET}/_combot`, `#compdef combot\n${headed("zsh")}\n${forZsh(commands)}`);
writeFileSync(`${TARGET}/combot.fish`, `${headed("fish")}\n${forFish(commands)}`);
