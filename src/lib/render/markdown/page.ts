import { lexer, type Token, type Tokens } from "marked";
import type { Paint } from "../paint.ts";
import { renderMarkdownTable } from "./table.ts";
import { wordsOf, wrap } from "./words.ts";

const BODY = "  ";
const CODE = "    ";

/** A page for a terminal, as manuals are set: headings at the edge, what they head to the right of them. */
export function renderMarkdown(markdown: string, width: number, paint: Paint): string {
  const blocks = lexer(markdown).flatMap((token) => {
    const lines = token.type === "heading" ? headingLines(token, width, paint) : indented(token, width, paint);
    return lines.length === 0 ? [] : [trimmed(lines).join("\n")];
  });
  return blocks.join("\n\n");
}

function headingLines(token: Token, width: number, paint: Paint): string[] {
  return wrap(wordsOf((token as Tokens.Heading).tokens, paint), width, paint).map(({ text }) => paint.strong(text));
}

function indented(token: Token, width: number, paint: Paint): string[] {
  return blockLines(token, width - BODY.length, paint).map((line) => (line === "" ? "" : `${BODY}${line}`));
}

function blockLines(token: Token, width: number, paint: Paint): string[] {
  switch (token.type) {
    case "heading":
      return headingLines(token, width, paint);
    case "code":
      return (token as Tokens.Code).text.split("\n").map((line) => (line === "" ? "" : `${CODE}${line}`));
    case "list":
      return listLines(token as Tokens.List, width, paint);
    case "table":
      return renderMarkdownTable(token as Tokens.Table, width, paint);
    case "blockquote":
      return blocksOf((token as Tokens.Blockquote).tokens, width - 2, paint).map((line) => `> ${line}`.trimEnd());
    case "hr":
      return ["-".repeat(width)];
    case "space":
    case "html":
    case "def":
      return [];
    default: {
      const { tokens } = token as Partial<Tokens.Paragraph>;
      return tokens === undefined ? [] : wrap(wordsOf(tokens, paint), width, paint).map(({ text }) => text);
    }
  }
}

function blocksOf(tokens: readonly Token[], width: number, paint: Paint): string[] {
  return tokens.flatMap((token) => blockLines(token, width, paint));
}

function listLines({ items, ordered, start, loose }: Tokens.List, width: number, paint: Paint): string[] {
  return items.flatMap(({ tokens }, index) => {
    const mark = ordered ? `${(start || 1) + index}. ` : "- ";
    const lines = blocksOf(tokens, width - mark.length, paint);
    const set = lines.map((line, at) => `${at === 0 ? mark : " ".repeat(mark.length)}${line}`.trimEnd());
    return loose && index > 0 ? ["", ...set] : set;
  });
}

function trimmed(lines: readonly string[]): readonly string[] {
  return lines.at(-1) === "" ? trimmed(lines.slice(0, -1)) : lines;
}
