/** One line of the daemon's log. */
export interface LogLine {
  /** Null where the line doesn't say. */
  readonly atMs: number | null;
  readonly level: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "";
  readonly text: string;
}

/** The newest lines, oldest first; or why there are none. */
export interface LogTail {
  readonly lines: readonly LogLine[];
  readonly fault?: string;
}

const LEVELS: Readonly<Record<number, LogLine["level"]>> = {
  10: "trace",
  20: "debug",
  30: "info",
  40: "warn",
  50: "error",
  60: "fatal",
};
/** Every line of one daemon has the same. */
const KNOWN = ["level", "time", "msg", "pid", "hostname", "v", "name"];

/** A line as the daemon writes it, or as it was told by anything else. */
export function readLogLine(line: string): LogLine {
  const fields = objectOf(line);
  if (!fields) return { atMs: null, level: "", text: line };
  const { level, time, msg } = fields;
  const atMs = typeof time === "number" ? time : Date.parse(String(time));
  const rest = Object.entries(fields)
    .filter(([name]) => !KNOWN.includes(name))
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return {
    atMs: Number.isNaN(atMs) ? null : atMs,
    level: LEVELS[Number(level)] ?? "",
    text: [typeof msg === "string" ? msg : "", ...rest].filter(Boolean).join("  "),
  };
}

function objectOf(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
