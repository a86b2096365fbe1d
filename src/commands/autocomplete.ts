import { readFileSync } from "node:fs";
import * as Args from "@oclif/core/args";
import { BaseCommand } from "../lib/cli/base-command.ts";
import { packageFile } from "../lib/package-files.ts";

/** Built by scripts/completions.ts; the file, and how it gets into the shell. */
const SHELLS = {
  bash: { file: "combot.bash", setUp: "echo 'source <(combot autocomplete bash)' >> ~/.bashrc" },
  zsh: { file: "_combot", setUp: "echo 'source <(combot autocomplete zsh)' >> ~/.zshrc   # below compinit" },
  fish: { file: "combot.fish", setUp: "combot autocomplete fish > ~/.config/fish/completions/combot.fish" },
} as const;

type Shell = keyof typeof SHELLS;

const NAMES = Object.keys(SHELLS) as Shell[];

interface CompletionReport {
  readonly shell: Shell | null;
  readonly script: string | null;
}

export default class Autocomplete extends BaseCommand {
  static override summary = "Print what a shell completes of combot, or how to set that up.";
  static override description = `Completes commands, flags, their values, pages of combot docs, and paths where a flag or an argument takes one. Without SHELL tells the line that sets it up.`;
  static override examples = [
    { description: "How to set it up.", command: "<%= config.bin %> <%= command.id %>" },
    { description: "For this bash alone.", command: "source <(<%= config.bin %> <%= command.id %> bash)" },
  ];

  static override args = {
    shell: Args.string({ description: "Whose completion to print.", options: NAMES }),
  };

  async run(): Promise<CompletionReport> {
    const { args } = await this.parse(Autocomplete);
    const shell = args.shell as Shell | undefined;
    if (shell === undefined) {
      this.print(NAMES.map((name) => `${name.padEnd(5)} ${SHELLS[name].setUp}`).join("\n"));
      return { shell: null, script: null };
    }
    const script = readFileSync(packageFile(`dist/completions/${SHELLS[shell].file}`), "utf8");
    this.print(script.trimEnd());
    return { shell, script };
  }
}
