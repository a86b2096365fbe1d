import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { rolldown } from "rolldown";
import type { OutputChunk } from "rolldown";
import { packageFile } from "../src/lib/package-files.ts";

// Joins what was built in dist/daemon/ to one file for each program of the daemon, with the parts they share in chunks/.
// A daemon of one file has 4 MB less than one of 500, and starts in less time: what it does not use of zod, such as
// messages in fifty languages, is not in it. A step of the build. Usage: node scripts/bundle.ts

/** Started as processes and threads, or imported from bin/. */
const PROGRAMS = [
  "main",
  "model-check",
  "model-eval",
  "plan",
  "workers/child",
  "model/seal-child",
  "prepared/check-child",
  "journal/sqlite/thread",
];
/**
 * ES modules, of which what is not used can be left out. CommonJS is whole either way, and Node loads it from its package,
 * but for prom-client and what it needs: 90 small modules, which take longer to find than to run.
 */
const INLINED = ["zod", "lru-cache", "prom-client", "@opentelemetry/api", "tdigest", "bintrees", "secure-json-parse"];
const FOLDER = packageFile("dist/daemon");

/** Held once, so that what the daemon throws is known to those who report it, which are not in its files. */
const SHARED = packageFile("dist/lib/errors.js");

function isLeftOut(id: string): boolean {
  if (id.startsWith(".") || id.startsWith("/")) return id === SHARED;
  return !INLINED.some((name) => id === name || id.startsWith(`${name}/`));
}

/** The lines are kept as they are, without comments: a stack trace names functions and lines that can be looked up. */
async function bundle(): Promise<OutputChunk[]> {
  const build = await rolldown({
    input: Object.fromEntries(PROGRAMS.map((name) => [name, join(FOLDER, `${name}.js`)])),
    platform: "node",
    external: isLeftOut,
  });
  const { output } = await build.generate({
    dir: FOLDER,
    comments: false,
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name].js",
  });
  return output.filter((part) => part.type === "chunk");
}

/**
 * A file with one character past U+00FF is held with two bytes for each of its characters, for as long as it runs. In
 * code such characters stand in strings alone, where their escapes mean the same.
 */
function inAscii(code: string): string {
  return code.replaceAll(/[^\0-\x7F]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Under which terms the packages come that are part of the files. */
function licenses(): string {
  return INLINED.map((name) => {
    const folder = packageFile(`node_modules/${name}`);
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`${folder} has no license file: its terms have to come with what is made of it`);
    return `${name}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
  }).join("\n\n");
}

const chunks = await bundle();
rmSync(FOLDER, { recursive: true });
for (const { fileName, code } of chunks) {
  const file = join(FOLDER, fileName);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, inAscii(code));
}
writeFileSync(join(FOLDER, "LICENSES.txt"), licenses());
