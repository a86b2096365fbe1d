import { lexer, type Token, type Tokens } from "marked";

interface Section {
  /** As a link names it: `#memory-high`. */
  readonly anchor: string;
  readonly title: string;
  readonly depth: number;
  readonly markdown: string;
}

/** Where a link on GitHub leads that ends with `#anchor`. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");
}

/** Each heading with all that it heads, up to the next one that is not below it. */
export function sectionsOf(markdown: string): readonly Section[] {
  const tokens = lexer(markdown);
  const heads = tokens.flatMap((token, at) => (token.type === "heading" ? [{ ...(token as Tokens.Heading), at }] : []));
  return heads.map(({ text, depth, at }, index) => {
    const end = heads.slice(index + 1).find((next) => next.depth <= depth)?.at;
    const title = text.replaceAll("`", "");
    return { anchor: anchorOf(title), title, depth, markdown: rawOf(tokens.slice(at, end)) };
  });
}

function rawOf(tokens: readonly Token[]): string {
  return tokens.map(({ raw }) => raw).join("");
}

/** What the links of a page lead to, once each, in their order; pictures too. */
export function linksOf(markdown: string): readonly string[] {
  const found = new Set<string>();
  const visit = (tokens: readonly Token[]): void => {
    for (const token of tokens) {
      if (token.type === "link" || token.type === "image") found.add((token as Tokens.Link).href);
      visitWithin(token, visit);
    }
  };
  visit(lexer(markdown));
  return [...found];
}

/** Calls with what a token is made of. */
export function visitWithin(token: Token, visit: (tokens: readonly Token[]) => void): void {
  if (token.type === "table") {
    const { header, rows } = token as Tokens.Table;
    for (const cell of [...header, ...rows.flat()]) visit(cell.tokens);
  }
  if (token.type === "list") visit((token as Tokens.List).items);
  const { tokens } = token as { tokens?: Token[] };
  if (tokens) visit(tokens);
}
