/** How much of a setting may be printed: `whole` nothing, `url` no user, password or query, `webhook` the host alone. */
export type Secrecy = "whole" | "url" | "webhook";

const HIDDEN = "***";
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const PASSWORD_IN_QUERY = /[?&](ssl)?pass(word)?=[^&]/i;
const SHOWN_CHARACTERS = 120;

/**
 * The URL without user information, query and fragment. Works on text rather than on `new URL`, which reads a raw
 * `/` or `?` in a password as the end of the host, and knows no lists of hosts: where an `@` comes after a `?` or `#`
 * it can't be told which part is the secret, and nothing but the scheme is shown.
 */
export function redactUrl(text: string): string {
  const scheme = SCHEME.exec(text)?.[0] ?? "";
  const rest = text.slice(scheme.length);
  const query = rest.search(/[?#]/);
  const at = rest.lastIndexOf("@");
  if (query >= 0 && at > query) return scheme + HIDDEN;
  const place = rest.slice(at + 1, query < 0 ? undefined : query);
  return `${scheme}${at < 0 ? "" : `${HIDDEN}@`}${place}${query < 0 ? "" : `?${HIDDEN}`}`;
}

/** `https://hooks.example.com/***`: the path of a webhook is its password. */
export function redactWebhook(text: string): string {
  const parsed = text.includes("@") ? null : URL.parse(text);
  return parsed ? `${parsed.protocol}//${parsed.host}/${HIDDEN}` : schemeOnly(text);
}

/** For text that did not parse, where nobody can tell which part of it is the secret. */
function schemeOnly(text: string): string {
  return (SCHEME.exec(text)?.[0] ?? "") + HIDDEN;
}

/** A value in force, fit to be printed: secrets hidden, on one line, without characters that steer a terminal. */
export function redactValue(text: string, secrecy: Secrecy | undefined): string {
  if (secrecy === "whole") return HIDDEN;
  if (secrecy === "webhook") return onOneLine(redactWebhook(text));
  // A URL is redacted under any name: a REDIS_URL pasted into REDIS_HOST is still a password.
  const isLikeUrl = secrecy === "url" || text.includes("://") || /:.*@/s.test(text);
  return onOneLine(isLikeUrl ? redactUrl(text) : text);
}

/** A refused value, fit to be printed: of a secret less than `redactValue` shows, and cut at 120 characters. */
export function redactRefused(text: string, secrecy: Secrecy | undefined): string {
  if (secrecy === "whole") return HIDDEN;
  const shown = secrecy === undefined ? redactValue(text, secrecy) : schemeOnly(text);
  return shown.length > SHOWN_CHARACTERS ? `${shown.slice(0, SHOWN_CHARACTERS)}…` : shown;
}

function onOneLine(text: string): string {
  const escape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, escape);
}

/** Whether the text of a setting holds something that must not be in an environment or in a file open to all. */
export function holdsSecret(text: string, secrecy: Secrecy | undefined): boolean {
  if (secrecy !== "url") return secrecy !== undefined;
  const rest = text.replace(SCHEME, "");
  const user = rest.slice(0, Math.max(0, rest.lastIndexOf("@")));
  return /:./s.test(user) || PASSWORD_IN_QUERY.test(text);
}
