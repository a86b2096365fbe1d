/** One assignment; a value may span lines, `line` is where its name stands (from 1). */
export interface EnvEntry {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

export interface EnvFault {
  readonly line: number;
  readonly message: string;
}

export interface EnvFile {
  /** In the order of the file: of two with the same name the later one counts. */
  readonly entries: readonly EnvEntry[];
  readonly faults: readonly EnvFault[];
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const KEEPS_NO_BACKSLASH = '"\\`$';

/**
 * Reads the syntax of systemd's EnvironmentFile= (systemd.exec(5), as of systemd 254): comments after `#` or `;` at the
 * start of a line, values bare, in single or in double quotes, a backslash before the end of a line continues it.
 * What systemd skips without a word (a line without `=`, a name that is none, an open quote) is a fault here.
 */
export function parseEnvFile(text: string): EnvFile {
  const entries: EnvEntry[] = [];
  const faults: EnvFault[] = [];
  const scanner = new Scanner(text.replace(/^\uFEFF/, ""));
  for (;;) {
    scanner.skip(" \t\r\n");
    const { line } = scanner;
    const next = scanner.peek();
    if (next === undefined) return { entries, faults };
    if (next === "#" || next === ";") {
      scanner.until("\r\n");
      continue;
    }
    const read = readAssignment(scanner);
    if (typeof read === "string") faults.push({ line, message: read });
    else entries.push({ ...read, line });
  }
}

/** The assignment at hand, or what is wrong with it. Never quotes the line: it may be half of a secret. */
function readAssignment(scanner: Scanner): Omit<EnvEntry, "line"> | string {
  const name = scanner.until("=\r\n").trimEnd();
  if (scanner.peek() !== "=") return "has no =";
  scanner.next();
  const value = readValue(scanner);
  if (value === undefined) return "has a quote that is never closed";
  if (/^export\s/.test(name)) return "begins with export: write NAME=value, this is not a shell script";
  if (!NAME.test(name)) return "does not begin with a variable name";
  return value.includes("\0") ? "holds a NUL character" : { name, value };
}

/** Quoted parts join on to each other and to a bare rest; once the rest has begun, a quote is a character like others. */
function readValue(scanner: Scanner): string | undefined {
  let value = "";
  for (;;) {
    scanner.skip(" \t");
    const next = scanner.peek();
    if (next === undefined || next === "\n" || next === "\r") return value;
    if (next !== "'" && next !== '"') return value + readBare(scanner);
    scanner.next();
    const quoted = next === "'" ? readSingle(scanner) : readDouble(scanner);
    if (quoted === undefined) return undefined;
    value += quoted;
  }
}

/** To the end of the line; blanks at its end go, unless a backslash stands before them. */
function readBare(scanner: Scanner): string {
  let value = "";
  let kept = 0;
  for (let next = scanner.peek(); next !== undefined && next !== "\n" && next !== "\r"; next = scanner.peek()) {
    scanner.next();
    value += next === "\\" ? readBareEscape(scanner) : next;
    if (next !== " " && next !== "\t") kept = value.length;
  }
  return value.slice(0, kept);
}

function readBareEscape(scanner: Scanner): string {
  return scanner.skipLineEnd() ? "" : (scanner.next() ?? "");
}

function readSingle(scanner: Scanner): string | undefined {
  const value = scanner.until("'");
  return scanner.next() === undefined ? undefined : value;
}

function readDouble(scanner: Scanner): string | undefined {
  let value = "";
  for (let next = scanner.next(); next !== '"'; next = scanner.next()) {
    if (next === undefined) return undefined;
    value += next === "\\" ? readDoubleEscape(scanner) : next;
  }
  return value;
}

/** As in a POSIX shell: only `"`, `\`, backquote and `$` lose the backslash before them. */
function readDoubleEscape(scanner: Scanner): string {
  if (scanner.skipLineEnd()) return "";
  const next = scanner.next();
  if (next === undefined) return "";
  return KEEPS_NO_BACKSLASH.includes(next) ? next : `\\${next}`;
}

/** `NAME=value` such that `parseEnvFile`, systemd and a POSIX shell all read the value back. */
export function formatEnvLine(name: string, value: string): string {
  if (/^[\w./:@%+,-]*$/.test(value)) return `${name}=${value}`;
  return `${name}="${value.replace(/["\\`$]/g, "\\$&")}"`;
}

/** Walks the text and counts lines; CRLF is one line end. */
class Scanner {
  readonly #text: string;
  #position = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  get line(): number {
    return this.#line;
  }

  peek(): string | undefined {
    return this.#text[this.#position];
  }

  next(): string | undefined {
    const character = this.peek();
    if (character === undefined) return undefined;
    this.#position += 1;
    if (character === "\n") this.#line += 1;
    return character;
  }

  /** Takes everything before the first of `ends`. */
  until(ends: string): string {
    const start = this.#position;
    for (let next = this.peek(); next !== undefined && !ends.includes(next); next = this.peek()) this.next();
    return this.#text.slice(start, this.#position);
  }

  skip(characters: string): void {
    for (let next = this.peek(); next !== undefined && characters.includes(next); next = this.peek()) this.next();
  }

  /** Takes one line end, if it is next. */
  skipLineEnd(): boolean {
    const start = this.#position;
    if (this.peek() === "\r") this.next();
    if (this.peek() === "\n") this.next();
    return this.#position > start;
  }
}
