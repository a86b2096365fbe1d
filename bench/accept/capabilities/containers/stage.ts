import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageFile } from "../../../../src/lib/package-files.ts";
import type { Line, Part } from "../../record.ts";
import { Engine } from "./engine.ts";

export type Say = (progress: string) => void;

/** What a part has to do with. */
export interface Stage {
  readonly engine: Engine;
  /** Removed with the stage. */
  readonly folder: string;
  readonly image: string;
}

/** A part that has Podman, and the image that npm run image has built. */
export function staged(name: string, part: (stage: Stage, say: Say) => AsyncGenerator<Line>): Part {
  return { name, run: (say) => onStage(name, part, say) };
}

async function* onStage(
  name: string,
  part: (stage: Stage, say: Say) => AsyncGenerator<Line>,
  say: Say,
): AsyncGenerator<Line> {
  const { version } = JSON.parse(readFileSync(packageFile("package.json"), "utf8")) as { version: string };
  const image = `localhost/combot:${version}`;
  const folder = mkdtempSync(join(tmpdir(), "combot-containers-"));
  const engine = await Engine.start(folder);
  try {
    if ((await engine.tryTo("image", "inspect", image)) === null) throw new Missing(`no image ${image}: npm run image`);
    yield* part({ engine, folder, image }, say);
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    yield notRun(name, error.message);
  } finally {
    engine.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Thrown where this machine lacks what a part takes. */
export class Missing extends Error {}

/** What this machine can't have is told by its name, and does not pass. */
export function notRun(what: string, why: string): Line {
  return { what: `NOT RUN: ${what}`, measured: why, target: "run", pass: false };
}

/** A figure that nobody has set a bound for. */
export function forTheRecord(what: string, measured: Line["measured"]): Line {
  return { what, measured, target: "for the record", pass: true };
}

/** Held against one value. */
export function exactly(what: string, measured: string | number, target: string | number): Line {
  return { what, measured, target: String(target), pass: measured === target };
}
