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

/**
 * The daemon elsewhere that flags or environment name; undefined where they name none. A token goes nowhere else than
 * to a URL.
 *
 * @throws {CombotError} `USAGE`, `FILE_REFUSED`
 */
export function remoteFrom(
  flags: {
    readonly url?: string | undefined;
    readonly tokenFile?: string | undefined;
    readonly socket?: string | undefined;
  },
  env: Readonly<Record<string, string | undefined>>,
): Remote | undefined {
  const url =
    given("--url", flags.url) ?? (flags.socket === undefined ? given("COMBOT_URL", env["COMBOT_URL"]) : undefined);
  if (!url) {
    if (flags.tokenFile === undefined) return undefined;
    throw new CombotError("USAGE", "--token-file goes with --url or COMBOT_URL: a socket takes no token.");
  }
  const file = given("--token-file", flags.tokenFile) ?? given("COMBOT_TOKEN_FILE", env["COMBOT_TOKEN_FILE"]);
  return remotePlace(url.from, url.text, file && tokenIn(file));
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
