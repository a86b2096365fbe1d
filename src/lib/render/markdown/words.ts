import type { Token, Tokens } from "marked";
import { PLAIN, type Paint } from "../paint.ts";

type Style = "plain" | "code" | "strong" | "link";

/** Without blanks in it, in one style or several. */
export type Word = readonly Piece[];

interface Piece {
  readonly text: string;
  readonly style: Style;
}

/** An order to begin a new line. */
export const BREAK: Word = [];

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

/** What stands within a paragraph, a heading or a cell. A word keeps its style, so that a line can be shown by itself. */
export function wordsOf(tokens: readonly Token[], paint: Paint): Word[] {
  const words: Piece[][] = [];
  let isOpen = false;
  for (const { text, style } of tokens.flatMap((token) => piecesOf(token, "plain", paint === PLAIN))) {
    if (text === "\n") {
      words.push([]);
      isOpen = false;
      continue;
    }
    for (const [index, part] of text.split(/[ \n]+/).entries()) {
      if (index > 0) isOpen = false;
      if (part === "") continue;
      if (isOpen) words.at(-1)?.push({ text: part, style });
      else words.push([{ text: part, style }]);
      isOpen = true;
    }
  }
  return words;
}

function piecesOf(token: Token, style: Style, isPlain: boolean): Piece[] {
  const inside = (own: Style): Piece[] =>
    ((token as { tokens?: Token[] }).tokens ?? []).flatMap((part) => piecesOf(part, own, isPlain));
  switch (token.type) {
    case "codespan": {
      const { text } = token as Tokens.Codespan;
      // Without colours the marks stay: `WORKERS` is no word of the sentence.
      return [{ text: isPlain ? `\`${text}\`` : text, style: "code" }];
    }
    case "strong":
      return inside("strong");
    case "em":
      return [{ text: "_", style }, ...inside(style), { text: "_", style }];
    case "link":
      return linkPieces(token as Tokens.Link, inside("link"));
    case "image":
      return [{ text: `(picture: ${(token as Tokens.Image).text})`, style }];
    case "br":
      return [{ text: "\n", style }];
    case "html":
      return [];
    default: {
      const { text, tokens } = token as Tokens.Text;
      return tokens ? inside(style) : [{ text: unescaped(text), style }];
    }
  }
}

/** Of a place outside the docs the address is shown; other pages are named at the page's end. */
function linkPieces({ href, text }: Tokens.Link, inside: readonly Piece[]): Piece[] {
  const isShown = /^\w+:/.test(href) && text !== href;
  return [...inside, ...(isShown ? [{ text: ` <${href}>`, style: "plain" as const }] : [])];
}

function unescaped(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}

export function widthOf(word: Word): number {
  return word.reduce((sum, { text }) => sum + lengthOf(text), 0);
}

/** In characters: the docs have none that take two places or none. */
export function lengthOf(text: string): number {
  return Array.from(text).length;
}

export interface Line {
  readonly text: string;
  readonly width: number;
}

/** Lines of whole words; a word that is longer than a line is broken where it can be read on. */
export function wrap(words: readonly Word[], width: number, paint: Paint): Line[] {
  const lines: Line[] = [];
  let line: Line | undefined;
  const push = (): void => void (line && lines.push(line));
  for (const word of words.flatMap((one) => broken(one, width))) {
    const size = widthOf(word);
    const isNew = word === BREAK || word.length === 0;
    if (line && !isNew && line.width + 1 + size <= width) {
      line = { text: `${line.text} ${painted(word, paint)}`, width: line.width + 1 + size };
      continue;
    }
    push();
    line = isNew ? { text: "", width: 0 } : { text: painted(word, paint), width: size };
  }
  push();
  return lines.length > 0 ? lines : [{ text: "", width: 0 }];
}

function broken(word: Word, width: number): Word[] {
  if (widthOf(word) <= width || word.length === 0) return [word];
  const parts = word.flatMap(({ text, style }) => slicesOf(text, width).map((slice) => [{ text: slice, style }]));
  return parts;
}

/** After a slash, a comma or a dash, where there is one. */
function slicesOf(text: string, width: number): string[] {
  if (lengthOf(text) <= width) return [text];
  const head = text.slice(0, width);
  const good = Math.max(...["/", ",", "-", "_"].map((mark) => head.lastIndexOf(mark))) + 1;
  const at = good > width / 3 ? good : width;
  return [text.slice(0, at), ...slicesOf(text.slice(at), width)];
}

function painted(word: Word, paint: Paint): string {
  const styles: Readonly<Record<Style, (text: string) => string>> = {
    plain: (text) => text,
    code: paint.good,
    strong: paint.strong,
    link: paint.careful,
  };
  return word.map(({ text, style }) => styles[style](text)).join("");
}
