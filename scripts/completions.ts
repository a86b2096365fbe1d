// What the shells complete, for combot deploy to install: node scripts/completions.ts. Written into dist/completions.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MARK = "# Written by combot deploy.";
const TARGET = "dist/completions";

interface Command {
  readonly id: string;
  readonly summary?: string;
  readonly hidden?: boolean;
  readonly flags: Readonly<Record<string, Flag>>;
}

interface Flag {
  readonly name: string;
  readonly char?: string;
  readonly type: "boolean" | "option";
  readonly description?: string;
  readonly hidden?: boolean;
  readonly options?: readonly string[];
}

/** For bash and zsh as oclif makes them; fish it doesn't know. */
const folder = mkdtempSync(join(tmpdir(), "combot-completions-"));
try {
  execFileSync(process.execPath, ["bin/run.js", "autocomplete", "create"], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, XDG_CACHE_HOME: folder, NODE_COMPILE_CACHE: join(folder, "compiled") },
  });
  const made = (path: string): string => readFileSync(join(folder, "combot/autocomplete/functions", path), "utf8");
  mkdirSync(TARGET, { recursive: true });
  writeFileSync(join(TARGET, "combot.bash"), made("bash/combot.bash").replace("\n", `\n${MARK}\n`));
  writeFileSync(join(TARGET, "_combot"), made("zsh/_combot").replace("\n", `\n${MARK}\n`));
  writeFileSync(join(TARGET, "combot.fish"), forFish());
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function forFish(): string {
  const { commands } = JSON.parse(readFileSync("oclif.manifest.json", "utf8")) as {
    readonly commands: Readonly<Record<string, Command>>;
  };
  const lines = Object.values(commands)
    .filter(({ hidden }) => !hidden)
    .flatMap(linesOf);
  return [MARK, "complete -c combot -f", ...new Set(lines), ""].join("\n");
}

function linesOf({ id, summary = "", flags }: Command): string[] {
  const [first = "", second] = id.split(":");
  const names = second === undefined ? [] : [second];
  const topic = `complete -c combot -n __fish_use_subcommand -a ${first}${names.length === 0 ? about(summary) : ""}`;
  const isAt = `'__fish_seen_subcommand_from ${[first, ...names].join("; and __fish_seen_subcommand_from ")}'`;
  const sub = names.map(
    (name) => `complete -c combot -n '__fish_seen_subcommand_from ${first}' -a ${name}${about(summary)}`,
  );
  const own = Object.values(flags)
    .filter(({ hidden }) => !hidden)
    .map(({ name, char, type, description = "", options }) => {
      const short = char === undefined ? "" : ` -s ${char}`;
      const values = options ? ` -xa '${options.join(" ")}'` : type === "option" ? " -r" : "";
      return `complete -c combot -n ${isAt} -l ${name}${short}${values}${about(description)}`;
    });
  return [topic, ...sub, ...own];
}

function about(text: string): string {
  const [first = ""] = text.split("\n");
  return first === "" ? "" : ` -d '${first.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
