import type { KernelFiles } from "../../../src/lib/kernel-files.ts";

/** A kernel that has these files and no others; the test may change them meanwhile. */
export class FakeKernel implements KernelFiles {
  readonly texts: Map<string, string>;
  /** Every path that was read, in order. */
  readonly reads: string[] = [];

  constructor(texts: Readonly<Record<string, string>>) {
    this.texts = new Map(Object.entries(texts));
  }

  read = (path: string): string | undefined => {
    this.reads.push(path);
    return this.texts.get(path);
  };

  readSlow = async (path: string): Promise<string | undefined> => this.read(path);

  exists = (path: string): boolean => [...this.texts.keys()].some((known) => known.startsWith(`${path}/`));

  folders = (path: string): readonly string[] => {
    const inside = [...this.texts.keys()].filter((known) => known.startsWith(`${path}/`));
    const parts = inside.map((known) => known.slice(path.length + 1).split("/"));
    return [...new Set(parts.flatMap(([name = "", ...rest]) => (rest.length > 0 ? [name] : [])))];
  };

  readsOf(end: string): number {
    return this.reads.filter((path) => path.endsWith(end)).length;
  }
}

export function underFolder(folder: string, texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [`${folder}/${name}`, text]));
}

/** `name value` lines, as in memory.stat. */
export function statLines(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${value}\n`)
    .join("");
}

/** `Name:  value kB` lines, as in /proc/meminfo, status and smaps_rollup. */
export function kilobyteLines(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}:${String(value).padStart(16)} kB\n`)
    .join("");
}
