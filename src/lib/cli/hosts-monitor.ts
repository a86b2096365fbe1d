import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { HostsWatch, type HostsView, type WatchedHost } from "../hosts/watch.ts";
import { jsonText } from "../harmless.ts";
import type { Glyphs } from "../render/glyphs.ts";
import { paintLine } from "../render/line.ts";
import { renderHostsScreen } from "../render/hosts-monitor/screen.ts";
import { standingOf } from "../monitor/host-standing.ts";
import { hangLimitMs } from "../slowness.ts";
import { type HostReport, reportOf } from "./hosts-reports.ts";
import type { HostsSession } from "./hosts-session.ts";
import { LiveHosts, standingsOf } from "./live-hosts.ts";
import type { Terminal } from "./live-screen.ts";

/** A question is little work here: most of the time the host is waited for. */
const AT_ONCE = 32;
const FAILING_AT_ONCE = 8;
/** An answer takes two seconds where all is well, one of which rates are measured over. */
export const PATIENCE_MS = hangLimitMs(8000);
const ASK_MS = hangLimitMs(30_000);
const COLUMNS = 80;

export interface HostsMonitorOptions extends Terminal {
  readonly intervalMs: number;
  readonly glyphs: Glyphs;
}

/** Of one host, as of a moment. */
export type HostRecord = HostReport & {
  /** When it gave the report; null where it never did. */
  readonly answeredAt: string | null;
};

/** @param signal ends it. */
export async function watchHostsLive(
  session: HostsSession,
  options: HostsMonitorOptions,
  signal: AbortSignal,
): Promise<"quit" | "interrupt"> {
  const live = new LiveHosts({ ...options, patienceMs: PATIENCE_MS });
  const watch = watchOf(session, options.intervalMs, (view) => live.show(view));
  signal.addEventListener("abort", () => live.end("interrupt"));
  // Such as a machine without ssh: it is of all hosts, and nothing that a row could tell.
  watch.settled.catch((thrown: unknown) => live.fail(thrown));
  try {
    return await live.run(() => watch.start());
  } finally {
    watch.stop();
  }
}

/** The table, or with `asJson` a line of JSON, each interval; until `signal` ends it. */
export async function streamHosts(
  session: HostsSession,
  options: HostsMonitorOptions,
  asJson: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { output, intervalMs } = options;
  const watch = watchOf(session, intervalMs, () => undefined);
  watch.start();
  try {
    let view = await Promise.race([watch.settled, delay(PATIENCE_MS, watch.view, { signal })]);
    for (;;) {
      view = watch.view;
      const text = asJson ? jsonText({ at: new Date().toISOString(), hosts: recordsOf(view) }) : textOf(view, options);
      // While nobody reads, tables are left out: they must not pile up here.
      if (!output.write(`${text}\n`)) await once(output, "drain", { signal });
      await delay(intervalMs, undefined, { signal });
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  } finally {
    watch.stop();
  }
}

/** Once all have answered, or it is known why not. */
export async function watchHostsOnce(session: HostsSession, signal: AbortSignal): Promise<HostsView> {
  const watch = watchOf(session, Infinity, () => undefined);
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => reject(signal.reason));
  watch.start();
  try {
    return await Promise.race([watch.settled, promise]);
  } finally {
    watch.stop();
  }
}

function watchOf({ file, remote }: HostsSession, intervalMs: number, onTick: (view: HostsView) => void): HostsWatch {
  return new HostsWatch({
    hosts: file.hosts,
    ask: (host, signal) => remote.ask(host, { args: ["monitor", "--once"], timeoutMs: ASK_MS, signal }),
    limits: { intervalMs, atOnce: AT_ONCE, failingAtOnce: FAILING_AT_ONCE, patienceMs: PATIENCE_MS },
    now: () => performance.now(),
    onTick,
  });
}

export function textOf(view: HostsView, { output, glyphs, paint }: HostsMonitorOptions): string {
  const width = output.columns || COLUMNS;
  const lines = renderHostsScreen(standingsOf(view, PATIENCE_MS), { width, glyphs, clock: new Date() });
  return lines.map((line) => paintLine(line, paint).trimEnd()).join("\n");
}

export function recordsOf({ hosts, nowMs }: HostsView): HostRecord[] {
  return hosts.map((one) => ({ ...lastReport(one, nowMs), answeredAt: timeOf(one.answeredAtMs, nowMs) }));
}

function lastReport(one: WatchedHost, nowMs: number): HostReport {
  const { host, answer, failure } = one;
  if (failure !== null) return reportOf(host, failure);
  const { state, words } = standingOf(one, nowMs, PATIENCE_MS);
  if (answer === null || state === "silent")
    return reportOf(host, { kind: "unreachable", why: words || "asked, no answer yet" });
  return reportOf(host, answer);
}

function timeOf(atMs: number | null, nowMs: number): string | null {
  return atMs === null ? null : new Date(Date.now() - (nowMs - atMs)).toISOString();
}
