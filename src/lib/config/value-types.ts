import { isAbsolute } from "node:path";
import { z } from "zod";
import { formatBytes, parseBytes } from "../units.ts";

/** How the text of a setting becomes its value; `allowed` completes the sentence "must be …" in faults and docs. */
export interface ValueType<T> {
  readonly schema: z.ZodType<T, string>;
  readonly allowed: string;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

const WHOLE = /^-?\d+$/;
const DECIMAL = /^\d+(\.\d+)?$/;

/** A type from a parser that answers undefined to what it does not take. */
export function parsedBy<T>(allowed: string, parse: (text: string) => T | undefined): ValueType<T> {
  const schema = z.string().transform((text, context) => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: allowed });
    return z.NEVER;
  });
  return { allowed, schema };
}

/**
 * As `parsedBy`, for what has many parts: the parser says what is wrong, without a secret, in the place of what is
 * allowed.
 */
export function checkedBy<T extends object>(allowed: string, parse: (text: string) => T | string): ValueType<T> {
  const schema = z.string().transform((text, context) => {
    const value = parse(text);
    if (typeof value !== "string") return value;
    context.addIssue({ code: "custom", message: value, params: { isWhole: true } });
    return z.NEVER;
  });
  return { allowed, schema };
}

export function wholeNumber({ min, max }: Range): ValueType<number> {
  const schema = z.string().regex(WHOLE).transform(Number).pipe(z.int().min(min).max(max));
  return { allowed: `a whole number from ${min} to ${max}`, schema };
}

/** A share above 0 and up to 1. A percentage such as `85` is refused rather than guessed at. */
export function ratio(): ValueType<number> {
  const schema = z.string().regex(DECIMAL).transform(Number).pipe(z.number().positive().max(1));
  return { allowed: "a ratio above 0 and up to 1, such as 0.85", schema };
}

const UNIT_MS = { seconds: 1000, hours: 3_600_000, days: 86_400_000 } as const;

/** A time written in `unit`, decimals allowed; its value is in whole milliseconds. */
export function durationMs(unit: keyof typeof UNIT_MS, { min, max }: Range): ValueType<number> {
  const inRange = z.string().regex(DECIMAL).transform(Number).pipe(z.number().min(min).max(max));
  const schema = inRange.transform((count) => Math.round(count * UNIT_MS[unit]));
  return { allowed: `a number of ${unit} from ${min} to ${max}`, schema };
}

/** As `durationMs` in seconds from 0, and -1 (kept as -1) for never. */
export function durationMsOrNever(maxSeconds: number): ValueType<number> {
  const { schema } = durationMs("seconds", { min: 0, max: maxSeconds });
  return parsedBy(`-1, or a number of seconds from 0 to ${maxSeconds}`, (text) =>
    text === "-1" ? -1 : schema.safeParse(text).data,
  );
}

/** Bytes, or null for `found`: what the machine or its cgroup has. */
export function byteLimit(min: number): ValueType<number | null> {
  return parsedBy(`"found", or bytes such as 512M or 6G, at least ${formatBytes(min)}`, (text) => {
    if (text === "found") return null;
    const bytes = parseBytes(text);
    return bytes !== undefined && bytes >= min ? bytes : undefined;
  });
}

export function onOff(): ValueType<boolean> {
  const truthy = ["true", "on", "1", "yes"];
  const falsy = ["false", "off", "0", "no"];
  return { allowed: "true, on, 1, yes, false, off, 0 or no", schema: z.stringbool({ truthy, falsy }) };
}

export function oneOf<const T extends string>(choices: readonly T[]): ValueType<T> {
  return parsedBy(`one of ${choices.join(", ")}`, (text) => choices.find((choice) => choice === text));
}

/** Some of these words, with commas between. */
export function listOf<const T extends string>(choices: readonly T[]): ValueType<readonly T[]> {
  return parsedBy(`${choices.join(", ")}, or several of them with commas between`, (text) => {
    const words = text.split(",").map((word) => choices.find((choice) => choice === word.trim()));
    return words.every((word) => word !== undefined) ? [...new Set(words)] : undefined;
  });
}

export function plainText(maxBytes: number): ValueType<string> {
  return parsedBy(`text of at most ${maxBytes} bytes`, (text) =>
    Buffer.byteLength(text) <= maxBytes && !text.includes("\0") ? text : undefined,
  );
}

/** Absolute, since the daemon and the shell it is configured from have different working folders. */
export function absolutePath(): ValueType<string> {
  return parsedBy("an absolute path", (text) => (isAbsolute(text) && !text.includes("\0") ? text : undefined));
}

/** A bearer token: visible ASCII, as an HTTP header can carry it, and long enough not to be guessed. */
export function bearerToken(minBytes: number): ValueType<string> {
  return parsedBy(`a token of ${minBytes} bytes or more, visible ASCII without spaces`, (text) =>
    text.length >= minBytes && /^[\x21-\x7e]+$/.test(text) ? text : undefined,
  );
}
