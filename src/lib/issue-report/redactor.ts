/** What must not be in the archive, beside what looks like a secret. */
export interface Known {
  /** Passwords, tokens and URLs that hold one, as they stand where they were found. */
  readonly secrets: readonly string[];
  readonly hostName: string;
  /** Login names whose folders are named in paths. */
  readonly homes: readonly string[];
}

const HIDDEN = "***";
/** What is shorter stands in other words too. */
const SHORTEST = 4;

/** Applied in this order: of a URL with a password in it the user goes too. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s"'<>]*@/gi, `$1${HIDDEN}@`],
  [/([a-z][a-z0-9+.-]*:\/\/[^\s"'<>?#]*)\?[^\s"'<>]*/gi, `$1?${HIDDEN}`],
  [/\b(bearer|basic)\s+[^\s"',]+/gi, `$1 ${HIDDEN}`],
  [/\b((?:[a-z0-9_-]*(?:password|passwd|secret|token|api[_-]?key))["']?\s*[=:]\s*["']?)[^\s"',}]+/gi, `$1${HIDDEN}`],
  // What V8 says of broken JSON quotes it.
  [/Unexpected (?:token|non-whitespace|end).*?is not valid JSON/gs, "JSON that is not valid"],
];

/** @returns the text without secrets, the name of the machine and names of homes. */
export function createRedactor({ secrets, hostName, homes }: Known): (text: string) => string {
  const literals = [...new Set(secrets.flatMap(spellings))]
    .filter((secret) => secret.length >= SHORTEST)
    .toSorted((a, b) => b.length - a.length);
  const host = hostName.length < SHORTEST || hostName === "localhost" ? null : wordOf(hostName);
  return (text) => {
    let told = text;
    for (const secret of literals) told = told.replaceAll(secret, HIDDEN);
    for (const [pattern, words] of PATTERNS) told = told.replaceAll(pattern, words);
    if (host) told = told.replaceAll(host, "HOST");
    for (const home of homes) told = told.replaceAll(`/home/${home}/`, "/home/USER/");
    return told;
  };
}

/** As it stands, as JSON writes it, and with or without the escapes of a URL. */
function spellings(secret: string): string[] {
  const unescaped = /%[0-9a-f]{2}/i.test(secret) ? unescape(secret) : secret;
  return [secret, unescaped].flatMap((one) => [one, encodeURIComponent(one), JSON.stringify(one).slice(1, -1)]);
}

function unescape(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The name of the machine, where it is no part of another word. */
function wordOf(name: string): RegExp {
  return new RegExp(String.raw`(?<![\w.-])${name.replaceAll(".", String.raw`\.`)}(?![\w-])`, "g");
}

/** The parts of a URL that are secret, each by itself too: a password is quoted without the rest. */
export function secretPartsOf(value: string): string[] {
  const at = value.lastIndexOf("@");
  const scheme = value.indexOf("://");
  if (scheme < 0) return [value];
  const user = at < 0 ? "" : value.slice(scheme + 3, at);
  const password = user.slice(user.indexOf(":") + 1);
  const query = [...value.matchAll(/[?&][^=&]*pass[^=&]*=([^&#]+)/gi)].map(([, found = ""]) => found);
  // The path of a webhook is its password.
  const path = /^https?:/i.test(value) ? (URL.parse(value)?.pathname ?? "") : "";
  return [...(user === "" ? [] : [user]), ...(user.includes(":") ? [password] : []), ...query, path];
}
