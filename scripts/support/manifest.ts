import { readFileSync } from "node:fs";
import { packageFile } from "../../src/lib/package-files.ts";

export interface ManifestFlag {
  readonly name: string;
  readonly char?: string;
  readonly type: "boolean" | "option";
  readonly description?: string;
  readonly hidden?: boolean;
  readonly allowNo?: boolean;
  readonly multiple?: boolean;
  readonly required?: boolean;
  readonly helpGroup?: string;
  readonly helpValue?: string;
  readonly default?: string | number | boolean;
  readonly options?: readonly string[];
}

interface ManifestArg {
  readonly name: string;
  readonly description?: string;
  readonly required?: boolean;
  readonly options?: readonly string[];
}

export interface ManifestCommand {
  readonly summary?: string;
  readonly description?: string;
  readonly hidden?: boolean;
  /** False: any number of arguments. */
  readonly strict?: boolean;
  readonly examples?: readonly { readonly description: string; readonly command: string }[];
  readonly flags: Readonly<Record<string, ManifestFlag>>;
  readonly args: Readonly<Record<string, ManifestArg>>;
}

/** What oclif knows of the commands that are shown, by their words with blanks between: "model use". */
export function manifestCommands(): ReadonlyMap<string, ManifestCommand> {
  const { commands } = JSON.parse(readFileSync(packageFile("oclif.manifest.json"), "utf8")) as {
    readonly commands: Readonly<Record<string, ManifestCommand>>;
  };
  const shown = Object.entries(commands).filter(([, { hidden }]) => !hidden);
  return new Map(shown.map(([id, command]) => [id.replaceAll(":", " "), filled(id, command)]));
}

function filled(id: string, command: ManifestCommand): ManifestCommand {
  const fill = (text: string): string =>
    text.replaceAll("<%= config.bin %>", "combot").replaceAll("<%= command.id %>", id.replaceAll(":", " "));
  const examples = command.examples?.map((one) => ({ description: fill(one.description), command: fill(one.command) }));
  return { ...command, ...(examples && { examples }) };
}
