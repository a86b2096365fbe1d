import { readFileSync, writeFileSync } from "node:fs";
import { format } from "prettier";
import type { Kept } from "../bench/page.ts";

// Writes README's tables of figures from docs/benchmarks/*.json. Usage: node scripts/readme-docs.ts [--check]
// With --check nothing is written: exit 1 where the table is not what the figures make of it.

const README = new URL("../README.md", import.meta.url);
const BETWEEN = /(<!-- table: .* -->\n)[^]*(<!-- end of the table -->)/;

type Column = (figure: (what: string) => string) => string;

interface Row {
  readonly what: string;
  /** Of docs/benchmarks/. */
  readonly from: string;
  readonly combot: Column;
  readonly peer: Column;
}

const PEER_ROWS: readonly Row[] = [
  {
    what: "DistilBERT int8, 50 clients, nothing cached: requests/s",
    from: "serve-distilbert-int8",
    combot: (figure) => figure("requests/s, combot"),
    peer: (figure) => figure("requests/s, peer"),
  },
  {
    what: "the same: p99",
    from: "serve-distilbert-int8",
    combot: (figure) => `${figure("p99 ms, combot")} ms`,
    peer: (figure) => `${figure("p99 ms, peer")} ms`,
  },
  {
    what: "the same: memory of all processes (PSS)",
    from: "serve-distilbert-int8",
    combot: (figure) => `${figure("PSS of the tree in MB, combot")} MB`,
    peer: (figure) => `${figure("PSS of the tree in MB, peer")} MB`,
  },
  {
    what: "requests lost while ten processes are replaced",
    from: "reload",
    combot: (figure) => `${figure("requests lost, combot")} of ${figure("requests, combot")}`,
    peer: (figure) => `${figure("requests lost, pm2 reload")} of ${figure("requests, pm2 reload")}`,
  },
  {
    what: "answers from the cache: requests/s",
    from: "cached",
    combot: (figure) => figure("requests/s, all from memory"),
    peer: () => "no cache",
  },
  {
    what: "the model unloaded, its bytes back at the kernel, after",
    from: "lifecycle",
    combot: (figure) => `${figure("unload, idle, ms")} ms`,
    peer: () => "the end of the process",
  },
];

const ANSWERS = "published-answers";
const RECYCLES = "published-recycles";

const STACK_ROWS: readonly Row[] = [
  ofStack(ANSWERS, "MiniLM float32, 50 clients, nothing cached: requests/s", "nothing cached: requests/s"),
  ofStack(ANSWERS, "the same: p99", "nothing cached: p99 ms", { unit: " ms" }),
  ofStack(ANSWERS, "the same: memory of all processes (PSS)", "nothing cached: PSS of the tree in MB, the most", {
    unit: " MB",
  }),
  ofStack(ANSWERS, "questions by Zipf's law, cached in Redis: requests/s", "by Zipf's law: requests/s"),
  ofStack(RECYCLES, "workers replaced after 1,000 requests: p99", "through recycles: p99 ms", {
    unit: " ms",
    isPreloadedToo: true,
  }),
  ofStack(RECYCLES, "the same: requests failed", "through recycles: requests failed", { isPreloadedToo: true }),
];

/** @param figure of a contender, whose name follows it. */
function ofStack(from: string, what: string, figure: string, { unit = "", isPreloadedToo = false } = {}): Row {
  const of = (named: (what: string) => string, name: string): string => `${named(`${figure}, ${name}`)}${unit}`;
  return {
    what,
    from,
    combot: (named) => of(named, "combot"),
    peer: (named) => of(named, "stack") + (isPreloadedToo ? ` (preloaded: ${of(named, "preloaded stack")})` : ""),
  };
}

function readResult(name: string): Kept {
  return JSON.parse(readFileSync(new URL(`../docs/benchmarks/${name}.json`, import.meta.url), "utf8")) as Kept;
}

function cells({ what, from, combot, peer }: Row): string {
  const { verdicts } = readResult(from);
  const figure = (named: string): string => {
    const found = verdicts.find((verdict) => verdict.what === named);
    if (!found) throw new Error(`docs/benchmarks/${from}.json has no "${named}"`);
    return inDigits(found.figure.median);
  };
  return `| ${what} | ${combot(figure)} | ${peer(figure)} | [${from}](docs/benchmarks.md#${from}) |\n`;
}

/** Three figures are all that the spread lets one say. */
function inDigits(value: number): string {
  const rounded = Number(value.toPrecision(3));
  return Number.isInteger(value) ? value.toLocaleString("en") : rounded.toLocaleString("en");
}

function tables(): string {
  const { machine, versions } = readResult("serve-distilbert-int8");
  const { pm2, fastify } = versions;
  return [
    table(`Fastify ${fastify} and onnxruntime-node under pm2 ${pm2}`, PEER_ROWS),
    table("Django and torch under gunicorn, two sync workers", STACK_ROWS),
    `Medians of rounds in turns on ${machine.cores} cores of ${machine.cpu}.\n`,
  ].join("\n");
}

function table(peer: string, rows: readonly Row[]): string {
  return [`| | combot | ${peer} | measured in |\n| --- | --- | --- | --- |\n`, ...rows.map(cells)].join("");
}

async function main(isCheck: boolean): Promise<void> {
  const readme = readFileSync(README, "utf8");
  if (!BETWEEN.test(readme)) throw new Error("README.md has no place for the tables of figures");
  const made = readme.replace(BETWEEN, (_, from: string, to: string) => `${from}\n${tables()}\n${to}`);
  const page = await format(made, { parser: "markdown", printWidth: 120 });
  if (!isCheck) return writeFileSync(README, page);
  if (readme === page) return;
  process.stderr.write("README.md differs from docs/benchmarks: node scripts/readme-docs.ts\n");
  process.exitCode = 1;
}

if (import.meta.main) await main(process.argv.includes("--check"));
