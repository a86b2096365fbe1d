import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "../../../../src/lib/errors.ts";
import type { ZooEntry } from "../../../model/zoo/entry.ts";
import { writeZooFolder } from "../../../model/zoo/folder.ts";
import { zooTexts } from "../../../model/zoo/texts.ts";
import { byHand } from "./by-hand.ts";
import { checkFolder } from "./model-check.ts";
import { serve } from "./served.ts";
import { judge } from "./verdict.ts";
import type { Verdict } from "./verdict.ts";

export interface Trial extends Verdict {
  readonly crashes: number;
  readonly prepared: boolean;
}

const TEXTS = 256;
const SEED = 5;

/** Made, asked by hand and checked at once, then served. */
export async function tryEntry(entry: ZooEntry, say: (doing: string) => void): Promise<Trial> {
  const dir = mkdtempSync(join(tmpdir(), "cz-"));
  const texts = zooTexts(TEXTS, entry.words, SEED);
  try {
    say("making it");
    await writeZooFolder(dir, entry);
    say("asking by hand, checking");
    const [hand, refused] = await Promise.all([byHand(dir, entry, texts), checkFolder(dir)]);
    if (refused !== undefined) return notServed(refused);
    say("serving");
    const served = await serve(dir, texts, entry.labels);
    return { ...judge(entry, hand, served), crashes: served.crashes, prepared: served.prepared };
  } catch (error) {
    return notServed(messageOf(error).slice(0, 400));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function notServed(fault: string): Trial {
  return { measured: "not served", target: "served", faults: [fault], crashes: 0, prepared: false };
}
