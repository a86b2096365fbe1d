import { readFileSync } from "node:fs";
import type { Remote } from "../client/place.ts";
import { isToken, remotePlace } from "../client/remote-place.ts";
import { CombotError } from "../errors.ts";
import { namedFileFailure } from "../system-errors.ts";

/** A flag, or the variable that stands in for it. */
interface Given {
  readonly from: string;
  readonly text: string;
}

export interface RemoteFlags {
  readonly url?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly socket?: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The daemon elsewhere that flags or environment name, and the file of its token, unread; undefined where they name none.
 *
 * @throws {CombotError} `USAGE`
 */
export function remoteNamed(
  flags: RemoteFlags,
  env: Environment,
): { readonly url: Given; readonly tokenFile: Given | undefined } | undefined {
  const url =
    given("--url", flags.url) ?? (flags.socket === undefined ? given("COMBOT_URL", env["COMBOT_URL"]) : undefined);
  const tokenFile = given("--token-file", flags.tokenFile);
  if (url) return { url, tokenFile: tokenFile ?? given("COMBOT_TOKEN_FILE", env["COMBOT_TOKEN_FILE"]) };
  if (flags.tokenFile === undefined) return undefined;
  throw new CombotError("USAGE", "--token-file goes with --url or COMBOT_URL: a socket takes no token.");
}

/**
 * The same, with its token. It goes nowhere else than to a URL.
 *
 * @throws {CombotError} `USAGE`, `FILE_REFUSED`
 */
export function remoteFrom(flags: RemoteFlags, env: Environment): Remote | undefined {
  const named = remoteNamed(flags, env);
  return named && remotePlace(named.url.from, named.url.text, named.tokenFile && tokenIn(named.tokenFile));
}

function given(from: string, text: string | undefined): Given | undefined {
  return text === undefined || text === "" ? undefined : { from, text };
}

/** The token itself is told nowhere. */
function tokenIn({ from, text: path }: Given): string {
  let content: string;
  try {
    content = readFileSync(path, "utf8").trim();
  } catch (thrown) {
    throw namedFileFailure(`${from} ${path}`, thrown);
  }
  if (isToken(content)) return content;
  throw new CombotError("USAGE", `${from} ${path}: must hold one token and nothing else.`);
}
