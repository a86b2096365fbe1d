import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { CombotError, messageOf } from "../errors.ts";
import { lastLine, type Ssh } from "./ssh.ts";
import { hangLimitMs } from "../slowness.ts";

const COPY_MS = hangLimitMs(900_000);
const CHECK_MS = hangLimitMs(60_000);

/** Its folder is whole once it has that name: npm has installed it, and the next run finds it. */
const PLACE = `place="\${XDG_CACHE_HOME:-$HOME/.cache}/combot/packages/$1"
`;
const FIND = `${PLACE}[ -x "$place/bin/combot" ] && echo "$place/bin/combot"`;
const INSTALL = `${PLACE}set -eu
umask 022
mkdir -p "\${place%/*}"
new=$(mktemp -d "$place.XXXXXX")
trap 'rm -rf "$new"' EXIT
chmod 755 "$new"
cat >"$new/combot.tgz"
npm install --global --prefix "$new" --no-audit --no-fund --loglevel=error "$new/combot.tgz" >&2
rm "$new/combot.tgz"
rm -rf "$place"
mv "$new" "$place"
for other in "\${place%/*}"/*; do [ "$other" = "$place" ] || rm -rf "$other"; done
echo "$place/bin/combot"`;

/** An archive of `npm pack`, put on hosts beside whatever combot they have. */
export class PackageCopy {
  readonly #path: string;
  readonly #digest: string;

  /** @throws {CombotError} `FILE_REFUSED`, or `USAGE` where it is no archive. */
  constructor(path: string) {
    this.#path = path;
    const bytes = bytesOf(path);
    // The signature of gzip, as RFC 1952 has it.
    if (bytes[0] !== 0x1f || bytes[1] !== 0x8b)
      throw new CombotError("USAGE", `--package ${path}: that is no archive of npm pack (a .tgz).`);
    this.#digest = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  }

  /** @returns the program there, or why there is none. */
  async install(ssh: Ssh, host: string): Promise<{ readonly program: string } | { readonly why: string }> {
    const found = await ssh.run(host, ["sh", "-c", FIND, "sh", this.#digest], { timeoutMs: CHECK_MS });
    if (found.unreachable !== null) return { why: found.unreachable };
    if (found.status === 0) return { program: found.stdout.trim() };
    const command = ["sh", "-c", INSTALL, "sh", this.#digest];
    const made = await ssh.run(host, command, { timeoutMs: COPY_MS, inputFile: this.#path });
    if (made.status === 0) return { program: lastLine(made.stdout) };
    return { why: made.unreachable ?? `npm could not install the package: ${lastLine(made.stderr)}` };
  }
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (thrown) {
    throw new CombotError("FILE_REFUSED", messageOf(thrown), { cause: thrown });
  }
}
