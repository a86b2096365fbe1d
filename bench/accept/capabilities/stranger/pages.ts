import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../../../../test/support/vm/folder.ts";

/** What a reader copies in one go. */
export interface Block {
  readonly page: string;
  /** Above it. */
  readonly heading: string;
  /** Each as it is pasted, with the lines that it goes on in. */
  readonly commands: readonly string[];
}

/** The blocks of shell lines that a page has, in its order. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let heading = "";
  let open: string[] | undefined;
  for (const line of readFileSync(join(PROJECT, page), "utf8").split("\n")) {
    if (open && line === "```") {
      blocks.push({ page, heading, commands: commandsOf(open) });
      open = undefined;
    } else if (open) open.push(line);
    else if (line === "```sh") open = [];
    else if (line.startsWith("#")) heading = line.replace(/^#+ /, "");
  }
  return blocks;
}

/** @throws {Error} where the page has no such block: what was pasted from it would be another one. */
export function blockOf(page: string, heading: string, beginning: string): Block {
  const found = blocksOf(page).find((block) => block.heading === heading && block.commands[0]?.startsWith(beginning));
  if (!found) throw new Error(`${page} has no lines under "${heading}" that begin with ${beginning}`);
  return found;
}

function commandsOf(lines: readonly string[]): string[] {
  const commands: string[] = [];
  let goesOn = false;
  for (const line of lines) {
    if (goesOn) commands.push(`${commands.pop()}\n${line}`);
    else commands.push(line);
    goesOn = line.endsWith("\\");
  }
  return commands;
}
