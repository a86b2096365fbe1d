import { glyphsFor } from "../render/glyphs.ts";
import type { HostsFlags } from "./hosts-flags.ts";
import {
  type HostRecord,
  type HostsMonitorOptions,
  recordsOf,
  streamHosts,
  textOf,
  watchHostsLive,
  watchHostsOnce,
} from "./hosts-monitor.ts";
import { worstExit } from "./hosts-reports.ts";
import { withHosts } from "./hosts-session.ts";
import { HostsStop } from "./hosts-stop.ts";
import { terminalPaint } from "./terminal-paint.ts";

export interface HostsMonitorFlags extends HostsFlags {
  readonly once: boolean;
  readonly interval?: number | undefined;
}

export interface HostsMonitorSpeaker {
  readonly asJson: boolean;
  readonly print: (text: string) => void;
  readonly waitFor: <T>(words: string, work: Promise<T>) => Promise<T>;
}

export interface HostsMonitorReport {
  readonly hosts: readonly HostRecord[];
}

/** A round over ssh takes longer than a look at this machine. */
export const INTERVAL_SECONDS = 5;
const EXIT_INTERRUPTED = 130;

/** `combot monitor --hosts`: the live table of several hosts; one table; or one after the other. */
export async function monitorHosts(
  flags: HostsMonitorFlags,
  speaker: HostsMonitorSpeaker,
): Promise<HostsMonitorReport | undefined> {
  const { stdin: input, stdout: output, env } = process;
  const options: HostsMonitorOptions = {
    input,
    output,
    paint: await terminalPaint(output, env),
    glyphs: glyphsFor(env),
    intervalMs: (flags.interval ?? INTERVAL_SECONDS) * 1000,
  };
  const abort = new AbortController();
  // So that connections are ended, and not left to end by themselves.
  const stop = new HostsStop(() => abort.abort());
  try {
    return await withHosts(flags, async (session) => {
      if (flags.once) {
        const view = await speaker.waitFor("Asking the hosts", watchHostsOnce(session, abort.signal));
        const hosts = recordsOf(view);
        process.exitCode = worstExit(hosts);
        speaker.print(textOf(view, options));
        return { hosts };
      }
      if (speaker.asJson || !output.isTTY || env["TERM"] === "dumb")
        await streamHosts(session, options, speaker.asJson, abort.signal);
      else if ((await watchHostsLive(session, options, abort.signal)) === "interrupt")
        process.exitCode = EXIT_INTERRUPTED;
      return undefined;
    });
  } catch (thrown) {
    if (!stop.isAsked) throw thrown;
    return undefined;
  } finally {
    stop.release();
    if (stop.exit !== null) process.exitCode = stop.exit;
  }
}
