import type { FolderState } from "./facts.ts";
import type { Plan } from "./plan.ts";

/** A line of the plan as it is shown. */
interface Row {
  readonly act: "install" | "create" | "change" | "keep" | "remove" | "start" | "restart" | "stop" | "unknown";
  readonly what: string;
}

export function rowsOf({ release, folders, files, units }: Plan): readonly Row[] {
  const program = release.isCurrent && release.isInstalled ? "keep" : "install";
  return [
    { act: program, what: `release ${release.name}` },
    ...folders.map(({ path, from, to }) => ({
      act: "change" as const,
      what: `${path}: ${inWords(from)}, to be ${inWords(to)}`,
    })),
    ...files.map(({ kind, path }) => ({ act: kind, what: path })),
    ...units.map(({ act, unit }) => ({ act, what: unit })),
  ];
}

function inWords({ mode, owner }: FolderState): string {
  return `0${mode.toString(8)} ${owner}`;
}
