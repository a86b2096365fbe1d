import { isatty } from "node:tty";
import { pino } from "pino";
import type { DestinationStream, Logger } from "pino";
import { harmless, harmlessJson } from "../../lib/harmless.ts";
import { LogOutput } from "./output.ts";
import { openLogPort } from "./port.ts";

/** pino's levels as syslog priorities (sd-daemon(3)), which journald reads from the front of a line. */
const PRIORITIES: Readonly<Record<number, number>> = { 10: 7, 20: 7, 30: 6, 40: 4, 50: 3, 60: 2 };

const STDERR = 2;

export type { Logger };

export interface DaemonLog {
  readonly log: Logger;
  /** Lines that could not be written and had no room to wait. */
  readonly dropped: () => number;
}

/**
 * JSON lines on stderr; with a syslog priority in front under journald, readable on a terminal. What is never logged:
 * texts, users, cache keys and values, tokens. It never throws and never waits.
 */
export async function createLog(level: string, env: NodeJS.ProcessEnv): Promise<DaemonLog> {
  const output = new LogOutput(openLogPort(STDERR));
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  const log = pino(options, await streamOn(output, env));
  output.onDropped = (lines) =>
    log.warn({ lines }, `${lines} lines of the log were dropped: they could not be written`);
  process.on("exit", () => output.flushSync());
  return { log, dropped: () => output.dropped };
}

async function streamOn(output: LogOutput, env: NodeJS.ProcessEnv): Promise<DestinationStream> {
  const flushSync = (): void => output.flushSync();
  if (isatty(STDERR)) {
    const { prettyFactory } = await import("pino-pretty");
    const pretty = prettyFactory({ colorize: true, translateTime: "SYS:HH:MM:ss.l", singleLine: true });
    return { write: (line: string) => output.write(pretty(readable(line)) ?? line), flushSync } as DestinationStream;
  }
  if (env["JOURNAL_STREAM"] !== undefined) return journaldStream(output, flushSync);
  return { write: (line: string) => output.write(harmlessJson(line)), flushSync } as DestinationStream;
}

function journaldStream(output: LogOutput, flushSync: () => void): DestinationStream {
  const stream = {
    // pino sets lastLevel before each write on streams that carry this symbol.
    [Symbol.for("pino.metadata")]: true,
    lastLevel: 30,
    flushSync,
    write(line: string): void {
      output.write(`<${PRIORITIES[stream.lastLevel] ?? 6}>${harmlessJson(line)}`);
    },
  };
  return stream;
}

/** A line whose names have nothing left that a terminal would obey: pretty, they stand without JSON's escapes. */
function readable(line: string): object {
  return JSON.parse(line, (key, value: unknown) => {
    if (typeof value === "string")
      return key === "stack" ? value.split("\n").map(harmless).join("\n") : harmless(value);
    return isObject(value)
      ? Object.fromEntries(Object.entries(value).map(([name, of]) => [harmless(name), of]))
      : value;
  }) as object;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
