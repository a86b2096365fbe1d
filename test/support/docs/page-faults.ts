import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { lexer, type Token, type Tokens } from "marked";
import { PACKAGE_FOLDER } from "../../../src/lib/package-files.ts";
import { linksOf, sectionsOf, visitWithin } from "../../../src/lib/render/markdown/sections.ts";
import { ALL_FLAGS, callsInShell, faultsOfCall } from "./commands.ts";
import {
  faultsOfCapitals,
  faultsOfFiles,
  faultsOfPaths,
  faultsOfPlaces,
  faultsOfScripts,
  faultsOfUnits,
} from "./names.ts";

export interface Known {
  /** Files of the package, relative to its root. */
  readonly shipped: ReadonlySet<string>;
  /** Names of the metrics that a daemon exports, and of the journal's tables. */
  readonly metrics: ReadonlySet<string>;
}

const SHELL = ["sh", "bash", "console"];

/** Of Node, V8 and others, told of by themselves. */
const FOREIGN_FLAGS =
  /^--(max-semi-space-size|heap-growing-percent|initial-old-space-size|no-allocation-site-pretenuring|v8-pool-size|bytecode-old-age|flush-baseline-code|optimize-for-size|single-threaded-gc|no-maglev|cpu-prof|cpu-prof-dir|trace-gc|heapsnapshot-signal|quick|check|write|package-lock-only|ignore-scripts|unix-socket|build-arg|expose-gc|lexicon)\b/;

/** All that is wrong with a page. @param file its place, relative to the root. */
export function faultsOfPage(markdown: string, file: string, known: Known): string[] {
  const { spans, blocks } = codeOf(markdown);
  const faults = [
    ...linksOf(markdown).flatMap((href) => faultsOfLink(href, file, markdown, known)),
    ...blocks
      .filter(({ lang }) => SHELL.includes(lang))
      .flatMap(({ text }) => text.split("\n").flatMap((line) => callsInShell(line).flatMap(faultsOfCall))),
    ...spans.flatMap((span) => [...callsInShell(span).flatMap(faultsOfCall), ...faultsOfBareFlags(span)]),
    ...[...spans, ...blocks.map(({ text }) => text)].flatMap((code) => [
      ...faultsOfCapitals(code),
      ...faultsOfPlaces(code),
      ...faultsOfUnits(code),
    ]),
    ...faultsOfFiles(withoutLinks(markdown)),
    ...faultsOfScripts(markdown),
    ...faultsOfPaths(markdown),
    ...faultsOfMetrics(markdown, known.metrics),
  ];
  return [...new Set(faults)].map((fault) => `${file}: ${fault}`);
}

interface Code {
  readonly spans: readonly string[];
  readonly blocks: readonly { readonly lang: string; readonly text: string }[];
}

function codeOf(markdown: string): Code {
  const spans: string[] = [];
  const blocks: { lang: string; text: string }[] = [];
  const visit = (tokens: readonly Token[]): void => {
    for (const token of tokens) {
      if (token.type === "codespan") spans.push((token as Tokens.Codespan).text);
      if (token.type === "code") {
        const { lang = "", text } = token as Tokens.Code;
        blocks.push({ lang, text: text.replaceAll("\\\n", " ") });
      }
      visitWithin(token, visit);
    }
  };
  visit(lexer(markdown));
  return { spans, blocks };
}

function withoutLinks(markdown: string): string {
  return markdown.replaceAll(/\]\([^)]*\)/g, "]").replaceAll(/https?:\/\/\S+/g, "");
}

function faultsOfBareFlags(span: string): string[] {
  if (!span.startsWith("--")) return [];
  const flags = span.match(/(?<=^|\s)--[a-z][\w-]*/g) ?? [];
  return flags
    .filter((flag) => !ALL_FLAGS.has(flag) && !FOREIGN_FLAGS.test(flag))
    .map((flag) => `no command has ${flag}`);
}

/** A link leads to a file that is there, and that whoever has this page has too; `#…` to a heading of it. */
function faultsOfLink(href: string, file: string, markdown: string, { shipped }: Known): string[] {
  if (/^(https?|mailto):/.test(href)) return [];
  const [place = "", anchor] = href.split("#");
  const target = place === "" ? file : relative(PACKAGE_FOLDER, join(PACKAGE_FOLDER, dirname(file), place));
  const path = join(PACKAGE_FOLDER, target);
  if (!existsSync(path)) return [`${href} leads nowhere`];
  const isFolder = statSync(path).isDirectory();
  const reaches = isFolder ? [...shipped].some((one) => one.startsWith(`${target}/`)) : shipped.has(target);
  if (shipped.has(file) && !reaches) return [`${href} is not in the package`];
  if (anchor === undefined) return [];
  const sections = sectionsOf(place === "" ? markdown : readFileSync(path, "utf8"));
  return sections.some((one) => one.anchor === anchor) ? [] : [`${href} leads to no heading`];
}

/** What Prometheus adds to a histogram's name. */
const PART = /_(bucket|sum|count)$/;

function faultsOfMetrics(markdown: string, metrics: ReadonlySet<string>): string[] {
  const named = markdown.match(/(?<![\w/.:-])combot_[a-z0-9_]+(?![\w/.])/g) ?? [];
  return named
    .filter((name) => !metrics.has(name) && !metrics.has(name.replace(PART, "")))
    .map((name) => `${name} is no metric of the daemon's`);
}
