import { readFile } from "node:fs/promises";
import { z } from "zod";
import { messageOf, systemCodeOf } from "../../lib/errors.ts";
import { invalid } from "./invalid.ts";

/**
 * @param missing what stands for a file that isn't there; without it such a file is a fault.
 * @throws {CombotError} `MODEL_INVALID` naming the file.
 */
export async function readJson<T extends z.ZodType>(
  path: string,
  schema: T,
  missing?: z.input<T>,
): Promise<z.output<T>> {
  try {
    return schema.parse(await readValue(path, missing));
  } catch (error) {
    throw invalid(path, error instanceof z.ZodError ? prettify(error) : messageOf(error), error);
  }
}

/** @param check what the schema can't know. @throws {CombotError} `MODEL_INVALID` naming the file. */
export function parseJson<T extends z.ZodType>(
  path: string,
  text: string,
  schema: T,
  check: (value: z.output<T>) => void,
): z.output<T> {
  try {
    const value = schema.parse(valueOf(text));
    check(value);
    return value;
  } catch (error) {
    throw invalid(path, error instanceof z.ZodError ? prettify(error) : messageOf(error), error);
  }
}

async function readValue(path: string, missing: unknown): Promise<unknown> {
  try {
    return valueOf(await readFile(path, "utf8"));
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "ENOENT" && missing !== undefined) return missing;
    if (code === "ENOENT") throw new Error("it is missing", { cause: error });
    throw error;
  }
}

function valueOf(text: string): unknown {
  try {
    return parseLoosely(text);
  } catch (error) {
    throw new Error(`it is no JSON: ${messageOf(error)}`, { cause: error });
  }
}

/** A text between quotes, which stays; or what Python's json writes for a number that JSON has no word for. */
const TOKENS = /"(?:[^"\\]+|\\.)*"|-?\bInfinity\b|\bNaN\b/gs;

/** @returns null in the place of each NaN, Infinity and -Infinity: what is said with them is that nothing is known. */
function parseLoosely(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const strict = text.replaceAll(TOKENS, (token) => (token.startsWith('"') ? token : "null"));
    if (strict === text) throw error;
    return JSON.parse(strict);
  }
}

function prettify({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => (path.length > 0 ? `${path.join(".")}: ${message}` : message)).join("; ");
}
