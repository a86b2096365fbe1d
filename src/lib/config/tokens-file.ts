import { createHash } from "node:crypto";
import { PRIORITIES } from "../priorities.ts";
import type { Priority } from "../priorities.ts";
import { MAX_TOKEN_RATE, TOKEN_MIN_BYTES, TOKEN_NAME, TOKEN_SCOPES } from "../token-scopes.ts";
import type { TokenScope } from "../token-scopes.ts";
import { checkedBy, type ValueType } from "./value-types.ts";

/** A line of COMBOT_TOKENS_FILE. */
export interface NamedToken {
  readonly name: string;
  readonly scope: TokenScope;
  /** Of the token, in hexadecimal. */
  readonly sha256: string;
  /** Requests a minute, of all lines with this name together; null: as many as come. */
  readonly perMinute: number | null;
  readonly priority: Priority;
}

const MOST_LINES = 256;
/** The one that is used, and the one that is to take its place. */
const MOST_OF_ONE_NAME = 2;
const HASH = /^sha256:([0-9a-f]{64})$/i;
const TOKEN = /^[\x21-\x7e]+$/;
const WHOLE = /^\d{1,7}$/;

/** Lines of name, scope, token or its hash, and behind these requests a minute and a priority, in any order. */
export function tokenLines(): ValueType<readonly NamedToken[]> {
  return checkedBy("lines of name, scope, token or sha256:HASH, and requests a minute or batch", parseTokens);
}

/** @returns the tokens; or words about the first line that is no token, which quote nothing that may be one. */
export function parseTokens(text: string): readonly NamedToken[] | string {
  const tokens: NamedToken[] = [];
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    const words = line.trim().split(/\s+/);
    if (words[0] === "" || words[0]?.startsWith("#")) continue;
    const token = tokenOf(words);
    const fault = typeof token === "string" ? token : faultAmong(token, tokens);
    if (fault !== undefined) return `line ${at + 1}: ${fault}`;
    tokens.push(token as NamedToken);
  }
  if (tokens.length > MOST_LINES) return `${tokens.length} tokens, where at most ${MOST_LINES} may be`;
  return tokens.length > 0 ? tokens : "there is no token in it";
}

function tokenOf([name = "", scope, token, ...options]: readonly string[]): NamedToken | string {
  if (!TOKEN_NAME.test(name)) return "a name is 1 to 64 of A-Z, a-z, 0-9, . _ and -, the first of them no sign";
  const known = TOKEN_SCOPES.find((one) => one === scope);
  if (!known) return `behind ${name} must be its scope: ${TOKEN_SCOPES.join(", ")}`;
  const sha256 = token === undefined ? undefined : hashIn(token);
  if (sha256 === undefined)
    return `behind the scope of ${name} must be sha256: and 64 hexadecimal digits, or a token of ${TOKEN_MIN_BYTES} bytes or more`;
  let perMinute: number | null = null;
  let priority: Priority | undefined;
  for (const option of options) {
    const named = PRIORITIES.find((one) => one === option);
    if (named && priority === undefined) priority = named;
    else if (perMinute === null && isRate(option)) perMinute = Number(option);
    else
      return `behind the token of ${name} may be requests a minute (1 to ${MAX_TOKEN_RATE}) and ${PRIORITIES.join(" or ")}`;
  }
  return { name, scope: known, sha256, perMinute, priority: priority ?? "interactive" };
}

function isRate(word: string): boolean {
  return WHOLE.test(word) && Number(word) >= 1 && Number(word) <= MAX_TOKEN_RATE;
}

function hashIn(word: string): string | undefined {
  if (word.toLowerCase().startsWith("sha256:")) return HASH.exec(word)?.[1]?.toLowerCase();
  return word.length >= TOKEN_MIN_BYTES && TOKEN.test(word) ? sha256Of(word) : undefined;
}

/** As a line has it in the place of the token. */
export function sha256Of(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** What is wrong with it beside those before it. */
function faultAmong(token: NamedToken, others: readonly NamedToken[]): string | undefined {
  const { name, scope, perMinute, priority } = token;
  const double = others.find(({ sha256 }) => sha256 === token.sha256);
  if (double) return `the same token as that of ${double.name} above`;
  const same = others.filter((other) => other.name === name);
  if (same.length >= MOST_OF_ONE_NAME) return `the third line of ${name}: two are valid at a time, the old and the new`;
  const differs = same.some(
    (other) => other.scope !== scope || other.perMinute !== perMinute || other.priority !== priority,
  );
  return differs ? `the two lines of ${name} must differ in their token alone` : undefined;
}
