import { once } from "node:events";
import { jsonText } from "../harmless.ts";
import { MonitorLoop } from "../monitor/loop.ts";
import type { MonitorLoopOptions } from "../monitor/loop.ts";
import { recordOf } from "../monitor/record.ts";
import type { MonitorView } from "../monitor/state.ts";
import { plainHead, plainLine } from "../render/monitor/plain.ts";
import { hangLimitMs } from "../slowness.ts";

type Source = Pick<MonitorLoopOptions, "client" | "intervalMs" | "now" | "isElsewhere">;

/** Who reads a page of lines must know what they are. */
const HEAD_EVERY = 20;
/** For a second sample, which the rates need, of a daemon that answers. */
const ONCE_LIMIT_MS = hangLimitMs(3500);

/** A line a sample, for ever. */
export async function streamMonitor(source: Source, output: NodeJS.WriteStream, asJson: boolean): Promise<never> {
  const format = asJson ? jsonLines() : plainLines(output);
  let isFull = false;
  const onTick = (view: MonitorView): void => {
    // At the first tick nothing is known yet. While nobody reads, lines are left out: they must not pile up here.
    if (isFull || view.link.state === "connecting") return;
    if (output.write(format(view))) return;
    isFull = true;
    void once(output, "drain").then(() => (isFull = false));
  };
  new MonitorLoop({ ...source, onTick }).start();
  return new Promise<never>(() => undefined);
}

/** The first view with rates in it, or of a daemon that is away. */
export async function viewOnce(source: Omit<Source, "intervalMs">): Promise<MonitorView> {
  const { promise, resolve } = Promise.withResolvers<MonitorView>();
  const onTick = (view: MonitorView): void => {
    const isWhole =
      (source.isElsewhere || view.machine?.cpu) && (isAway(view) || view.derived.requestsPerSecond !== null);
    if (isWhole) resolve(view);
  };
  const loop = new MonitorLoop({ ...source, intervalMs: 1000, onTick });
  const limit = setTimeout(() => resolve(loop.view), ONCE_LIMIT_MS);
  loop.start();
  const view = await promise;
  clearTimeout(limit);
  loop.stop();
  return view;
}

function isAway({ link }: MonitorView): boolean {
  return link.state === "down" || link.state === "denied";
}

function jsonLines(): (view: MonitorView) => string {
  let told = "";
  return (view) => {
    const record = recordOf(view, new Date(), told);
    told = view.decisions.at(-1)?.id ?? told;
    return `${jsonText(record)}\n`;
  };
}

/** On a terminal no line is longer than it is wide. */
function plainLines({ columns = Infinity }: { readonly columns?: number }): (view: MonitorView) => string {
  let lines = 0;
  return (view) => {
    const head = lines++ % HEAD_EVERY === 0 ? [plainHead()] : [];
    return [...head, plainLine(view, new Date())].map((line) => `${line.slice(0, columns - 1)}\n`).join("");
  };
}
