import { wrapWords } from "./words.ts";

/** What is the matter here, and the commands that go on from there. */
export interface NextStep {
  readonly words: string;
  readonly commands: readonly string[];
}

/** @param about one sentence. @param names of all commands. */
export function renderNextSteps(
  about: string,
  steps: readonly NextStep[],
  names: readonly string[],
  width: number,
): string {
  const indented = (words: string): string[] => wrapWords(words, width - 2).map((line) => `  ${line}`);
  return [
    ...wrapWords(about, width),
    "",
    "NEXT, ON THIS MACHINE",
    ...steps.flatMap(({ words, commands }) => [...indented(words), ...commands.map((command) => `    $ ${command}`)]),
    "",
    "COMMANDS",
    ...indented(names.join(", ")),
    "",
    ...wrapWords("combot --help says what each does, combot docs lists the pages.", width),
  ].join("\n");
}
