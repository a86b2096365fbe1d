import { wrapWords } from "./words.ts";

/** What is the matter here, and the commands that go on from there. */
export interface NextStep {
  readonly words: string;
  readonly commands: readonly string[];
}

export function renderNextSteps(steps: readonly NextStep[], width: number): string {
  const lines = steps.flatMap(({ words, commands }) => [
    ...wrapWords(words, width - 2).map((line) => `  ${line}`),
    ...commands.map((command) => `    $ ${command}`),
  ]);
  return ["NEXT, ON THIS MACHINE", ...lines].join("\n");
}
