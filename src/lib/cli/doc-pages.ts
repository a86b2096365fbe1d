import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { lexer, type Tokens } from "marked";
import { editDistance } from "../config/names.ts";
import { CombotError } from "../errors.ts";
import { PACKAGE_FOLDER } from "../package-files.ts";
import { linksOf, sectionsOf } from "../render/markdown/sections.ts";

export interface DocPage {
  readonly name: string;
  readonly about: string;
  /** That it answers, as somebody would ask it. */
  readonly question: string;
  /** Absolute; a folder for `decisions`. */
  readonly path: string;
}

export interface FoundPage {
  readonly name: string;
  readonly path: string;
  /** Of the page, or of the section that was asked for. */
  readonly markdown: string;
}

/** Slips of this share of a name's letters are still taken for a slip. */
const LARGEST_SLIP = 0.5;
const DECISIONS = "decisions";

/** The table of docs/README.md, which is the list of all pages. @throws {CombotError} `USAGE` where there are no docs. */
export function docPages(root: string = PACKAGE_FOLDER): readonly DocPage[] {
  const index = join(root, "docs/README.md");
  if (!existsSync(index)) throw new CombotError("USAGE", `The pages are not installed here: there is no ${index}.`);
  const table = lexer(readFileSync(index, "utf8")).find(({ type }) => type === "table") as Tokens.Table | undefined;
  const rows = table?.rows ?? [];
  return rows.map(([page, about, question]) => {
    const link = page?.tokens[0] as Tokens.Link;
    const path = join(root, "docs", link.href);
    return { name: link.text, about: about?.text ?? "", question: question?.text ?? "", path };
  });
}

/**
 * The page that a name means: `alerts`, `alerts#disk`, `docs/alerts.md`, `0012`, `decisions/0012-machine-figures-from-proc`.
 *
 * @throws {CombotError} `USAGE` with the nearest name.
 */
export function findPage(asked: string, root: string = PACKAGE_FOLDER): FoundPage {
  const [place = "", anchor] = asked.split("#");
  const pages = docPages(root);
  const name = place
    .replace(/^(\.\/)?docs\//, "")
    .replace(/(\.md|\/)$/, "")
    .toLowerCase();
  const page = pages.find((one) => one.name === name) ?? decisionOf(name, pages);
  if (page === undefined)
    throw unknown(
      `combot has no page ${place}.`,
      name,
      pages.map((one) => one.name),
    );
  const markdown = basename(page.path) === DECISIONS ? decisionsList(page.path) : readFileSync(page.path, "utf8");
  return { name: page.name, path: page.path, markdown: anchor ? sectionOf(markdown, page.name, anchor) : markdown };
}

function sectionOf(markdown: string, page: string, asked: string): string {
  const sections = sectionsOf(markdown);
  const anchor = asked.toLowerCase();
  const found = sections.find((section) => section.anchor === anchor);
  if (found) return found.markdown;
  const known = sections.map((section) => section.anchor);
  const [, ...below] = known;
  throw unknown(`${page} has no section ${asked}.`, anchor, known, {
    prefix: `${page}#`,
    else: `It has ${below.join(", ")}.`,
  });
}

function unknown(
  what: string,
  asked: string,
  known: readonly string[],
  told = { prefix: "", else: "combot docs lists the pages." },
): CombotError {
  const ranked = known.map((name) => ({ name, slip: editDistance(asked, name) / Math.max(asked.length, name.length) }));
  const nearest = ranked.toSorted((a, b) => a.slip - b.slip)[0];
  const isNear = nearest !== undefined && nearest.slip <= LARGEST_SLIP;
  return new CombotError(
    "USAGE",
    isNear ? `${what} Did you mean combot docs ${told.prefix}${nearest.name}?` : `${what} ${told.else}`,
  );
}

/** By its number or by its file. */
function decisionOf(name: string, pages: readonly DocPage[]): Pick<DocPage, "name" | "path"> | undefined {
  const folder = pages.find((one) => one.name === DECISIONS)?.path ?? "";
  const wanted = basename(name);
  const number = /^\d{1,4}$/.test(wanted) ? `${wanted.padStart(4, "0")}-` : undefined;
  const file = decisionFiles(folder).find((one) => one === `${wanted}.md` || (number && one.startsWith(number)));
  return file === undefined ? undefined : { name: `${DECISIONS}/${basename(file, ".md")}`, path: join(folder, file) };
}

function decisionFiles(folder: string): readonly string[] {
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => /^\d{4}-.*\.md$/.test(file))
        .toSorted()
    : [];
}

/** Each with the number by which it is shown. */
function decisionsList(folder: string): string {
  const titles = decisionFiles(folder).map((file) => {
    const title = sectionsOf(readFileSync(join(folder, file), "utf8"))[0]?.title ?? file;
    return `- \`combot docs ${file.slice(0, 4)}\` ${title.replace(/^\d+\. /, "")}\n`;
  });
  return `# Decisions\n\n${titles.join("")}`;
}

/** Names of the pages that a page links to. */
export function pagesNamedIn({ markdown, path, name }: FoundPage, root: string = PACKAGE_FOLDER): readonly string[] {
  const pages = docPages(root);
  const from = join(path, "..");
  const named = linksOf(markdown)
    .filter((href) => !/^(\w+:|#)/.test(href))
    .map((href) => {
      const target = join(from, href.split("#")[0] ?? "");
      const decision = /decisions\/(\d{4})-/.exec(target)?.[1];
      return pages.find((page) => page.path === target)?.name ?? decision;
    });
  return [...new Set(named)].filter((one): one is string => one !== undefined && one !== name);
}
