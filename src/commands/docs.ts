import { readFileSync } from "node:fs";
import * as Args from "@oclif/core/args";
import * as Flags from "@oclif/core/flags";
import { BaseCommand } from "../lib/cli/base-command.ts";
import { docPages, findPage, pagesNamedIn, type DocPage, type FoundPage } from "../lib/cli/doc-pages.ts";
import { page, pagerOf } from "../lib/cli/pager.ts";
import { terminalPaint } from "../lib/cli/terminal-paint.ts";
import { packageFile } from "../lib/package-files.ts";
import { renderDocList } from "../lib/render/doc-list.ts";
import { renderMarkdown } from "../lib/render/markdown/page.ts";

/** Longer lines are hard to read. */
const WIDEST = 100;
const WITHOUT_TERMINAL = 80;

interface DocsReport {
  readonly pages: readonly DocPage[];
}

export default class Docs extends BaseCommand {
  static override summary = "Show a page of the manual, or the list of all pages.";
  static override description = `Without PAGE lists the pages, each with the question it answers. PAGE#SECTION shows one section, as alerts#disk. A decision is shown by its number.

On a terminal the page goes through PAGER (less by default), as git does it; PAGER=cat shows it at once. --plain prints the Markdown as it is written, --path the file's place, where the pictures and example files lie too.`;
  static override examples = [
    { description: "The list.", command: "<%= config.bin %> <%= command.id %>" },
    { description: "What an alert means.", command: "<%= config.bin %> <%= command.id %> alerts#memory-critical" },
    { description: "One of the decisions.", command: "<%= config.bin %> <%= command.id %> 0012" },
    { description: "Where all of it lies.", command: "<%= config.bin %> <%= command.id %> --path" },
  ];

  static override args = {
    page: Args.string({ description: "Name of a page, with #SECTION for a part of it." }),
  };

  static override flags = {
    plain: Flags.boolean({ description: "The Markdown as it is written.", exclusive: ["path"] }),
    path: Flags.boolean({ description: "Print where the page lies, without PAGE the folder of all." }),
  };

  async run(): Promise<DocsReport | FoundPage> {
    const { args, flags } = await this.parse(Docs);
    if (args.page === undefined) return this.#list(flags);
    const found = findPage(args.page);
    if (flags.path) this.print(found.path);
    else if (flags.plain) this.print(found.markdown.trimEnd());
    else await this.#show(await this.#rendered(found));
    return found;
  }

  async #list({ path, plain }: { readonly path: boolean; readonly plain: boolean }): Promise<DocsReport> {
    const pages = docPages();
    if (path) this.print(packageFile("docs"));
    else if (plain) this.print(readFileSync(packageFile("docs/README.md"), "utf8").trimEnd());
    else await this.#show(renderDocList(pages, await terminalPaint(process.stdout, process.env)));
    return { pages };
  }

  async #rendered(found: FoundPage): Promise<string> {
    const width = Math.min(WIDEST, process.stdout.columns ?? WITHOUT_TERMINAL);
    const paint = await terminalPaint(process.stdout, process.env);
    const others = pagesNamedIn(found);
    const more = others.length === 0 ? "" : `\n\n## See also\n\n\`combot docs\` with ${others.join(", ")}`;
    return renderMarkdown(`${found.markdown.trimEnd()}${more}`, width, paint);
  }

  async #show(text: string): Promise<void> {
    if (this.jsonEnabled()) return;
    const pager = pagerOf(process.env, process.stdout.isTTY);
    if (pager === undefined) return this.print(text);
    // Ctrl-C is the pager's.
    this.leaveSignals();
    process.on("SIGINT", () => undefined);
    if (!(await page(`${text}\n`, pager, process.env))) this.print(text);
  }
}
