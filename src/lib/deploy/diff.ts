import type { FileChange } from "./plan.ts";

const CONTEXT = 3;
const HIDDEN = "(secret, not shown)";

/** A unified diff of a file that changes; secrets and password digests are never in it. */
export function diffOf({ kind, path, from, to }: FileChange): string {
  if (kind === "keep" || kind === "unknown") return "";
  const [before, after] = [textOf(from), textOf(to)];
  const isSecret = to?.isSecret ?? path.includes("/credentials/");
  const lines = isSecret ? secretLines(kind) : hunks(linesOf(before), linesOf(after));
  const mode = from && to && (from.mode !== to.mode || from.owner !== to.owner);
  const moded = mode ? [`# ${octal(from.mode)} ${from.owner} -> ${octal(to.mode)} ${to.owner}`] : [];
  const head = [`--- ${from ? path : "/dev/null"}`, `+++ ${to ? path : "/dev/null"}`];
  return [...head, ...moded, ...lines].join("\n");
}

function textOf(state: FileChange["from"] | FileChange["to"]): string {
  return state?.link === undefined ? (state?.content ?? "") : `-> ${state.link}`;
}

const octal = (mode: number): string => mode.toString(8).padStart(4, "0");

function secretLines(kind: FileChange["kind"]): string[] {
  return [...(kind === "create" ? [] : [`-${HIDDEN}`]), ...(kind === "remove" ? [] : [`+${HIDDEN}`])];
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n").map(hideSecrets);
}

/** Password digests of an ACL, and whatever an operator put into combot.env against advice. */
function hideSecrets(line: string): string {
  const acl = line.replace(/#[0-9a-f]{64}/g, "#***").replace(/(^|\s)>\S+/g, "$1>***");
  const assigned = acl.replace(/^([A-Z_]*(?:PASSWORD|TOKEN|SECRET)[A-Z_]*)(?<!_FILE)=.*/, "$1=***");
  return assigned.replace(/:\/\/[^@\s]*@/g, "://***@");
}

interface Edit {
  readonly mark: " " | "-" | "+";
  readonly line: string;
}

function hunks(before: readonly string[], after: readonly string[]): string[] {
  const edits = editsOf(before, after);
  const near = edits.map((_, index) =>
    edits.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ mark }) => mark !== " "),
  );
  const lines: string[] = [];
  let [old, next] = [1, 1];
  for (let index = 0; index < edits.length;) {
    const end = near[index] ? endOf(near, index) : index + 1;
    const part = edits.slice(index, end);
    const [removed, added] = [countOf(part, "+"), countOf(part, "-")];
    if (near[index]) {
      lines.push(`@@ -${removed ? old : 0},${removed} +${added ? next : 0},${added} @@`);
      lines.push(...part.map(({ mark, line }) => mark + line));
    }
    [old, next, index] = [old + removed, next + added, end];
  }
  return lines;
}

function countOf(edits: readonly Edit[], without: Edit["mark"]): number {
  return edits.filter(({ mark }) => mark !== without).length;
}

function endOf(near: readonly boolean[], start: number): number {
  const end = near.indexOf(false, start);
  return end < 0 ? near.length : end;
}

/** By the longest common subsequence; the files have some hundred lines. */
function editsOf(before: readonly string[], after: readonly string[]): Edit[] {
  const [rows, columns] = [before.length, after.length];
  const common = Array.from({ length: rows + 1 }, () => new Uint32Array(columns + 1));
  const at = (row: number, column: number): number => common[row]?.[column] ?? 0;
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      const longest =
        before[row] === after[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
      common[row]?.fill(longest, column, column + 1);
    }
  }
  const edits: Edit[] = [];
  let [row, column] = [0, 0];
  while (row < rows || column < columns) {
    const [old = "", next = ""] = [before[row], after[column]];
    if (row < rows && column < columns && old === next) {
      edits.push({ mark: " ", line: old });
      [row, column] = [row + 1, column + 1];
    } else if (row < rows && (column === columns || at(row + 1, column) >= at(row, column + 1))) {
      edits.push({ mark: "-", line: old });
      row += 1;
    } else {
      edits.push({ mark: "+", line: next });
      column += 1;
    }
  }
  return edits;
}
