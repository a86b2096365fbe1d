import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { LAUNCHER, PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { rssBytes } from "../../../../scripts/support/process-tree.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";

const LINES = 1_000_000;
const WORDS = ["order", "refund", "discount", "opening hours", "hello", "password"];

/** A million lines through `combot classify -`: as many out, in order, with memory flat. */
export async function* streams(say: (progress: string) => void): AsyncGenerator<Line> {
  const daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error", MAX_REQUESTS: "0" } });
  try {
    const child = spawn(process.execPath, [LAUNCHER, "classify", "-", "--socket", daemon.socketPath], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    const from = performance.now();
    void feed(child.stdin);
    let out = 0;
    let misplaced = 0;
    const labels = new Map<number, string>();
    const rss: number[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const label = line.split("\t")[0]!;
      const kind = out % WORDS.length;
      if (!labels.has(kind)) labels.set(kind, label);
      else if (labels.get(kind) !== label) misplaced++;
      out++;
      if (out % 50_000 === 0) {
        rss.push(rssBytes(child.pid!));
        say(`${out} of ${LINES} lines`);
      }
    }
    const status = await ended;
    const third = Math.floor(rss.length / 3);
    const growth = round(Math.max(...rss.slice(-third)) / Math.max(...rss.slice(third, 2 * third)));
    yield {
      what: "lines out of a million in, classify -",
      measured: out,
      target: String(LINES),
      pass: out === LINES && status === 0,
    };
    yield {
      what: "lines out of order (six kinds of text in turn)",
      measured: misplaced,
      target: "0",
      pass: misplaced === 0 && labels.size === WORDS.length,
    };
    yield {
      what: "its peak RSS in the last third over the middle third",
      measured: growth,
      target: "at most 1.05",
      pass: growth <= 1.05,
    };
    yield {
      what: "lines/s",
      measured: round(LINES / ((performance.now() - from) / 1000), 0),
      target: "for the record",
      pass: true,
    };
  } finally {
    await daemon.stop();
  }
}

async function feed(stdin: NodeJS.WritableStream): Promise<void> {
  for (let line = 0; line < LINES; line += 1000) {
    const block = Array.from({ length: 1000 }, (_, i) => WORDS[(line + i) % WORDS.length]).join("\n");
    if (!stdin.write(`${block}\n`)) await new Promise((resolve) => stdin.once("drain", resolve));
  }
  stdin.end();
}
