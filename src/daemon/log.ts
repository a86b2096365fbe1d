import { pino } from "pino";
import type { DestinationStream, Logger } from "pino";

/** pino's levels as syslog priorities (sd-daemon(3)), which journald reads from the front of a line. */
const PRIORITIES: Readonly<Record<number, number>> = { 10: 7, 20: 7, 30: 6, 40: 4, 50: 3, 60: 2 };

export type { Logger };

/**
 * JSON lines on stderr; with a syslog priority in front under journald, readable on a terminal. What is never logged:
 * texts, users, cache keys and values, tokens.
 */
export async function createLog(level: string, env: NodeJS.ProcessEnv): Promise<Logger> {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (process.stderr.isTTY) {
    const { PinoPretty } = await import("pino-pretty");
    return pino(options, PinoPretty({ destination: 2, sync: true, translateTime: "SYS:HH:MM:ss.l", singleLine: true }));
  }
  return pino(
    options,
    env["JOURNAL_STREAM"] === undefined ? pino.destination({ fd: 2, sync: true }) : journaldStream(),
  );
}

function journaldStream(): DestinationStream {
  const target = pino.destination({ fd: 2, sync: true });
  const stream = {
    // pino sets lastLevel before each write on streams that carry this symbol.
    [Symbol.for("pino.metadata")]: true,
    lastLevel: 30,
    write(line: string): void {
      target.write(`<${PRIORITIES[stream.lastLevel] ?? 6}>${line}`);
    },
  };
  return stream;
}
