import { lastLine, type Said, type Ssh } from "./ssh.ts";

/** What came of a command of combot's on a host. */
export type Answer =
  | { readonly kind: "answer"; readonly exit: number; readonly document: Record<string, unknown> }
  | { readonly kind: "refused"; readonly exit: number; readonly why: string; readonly faults: readonly string[] }
  | { readonly kind: "unreachable"; readonly why: string };

export interface Asked {
  readonly args: readonly string[];
  readonly timeoutMs: number;
  /** Goes on over there where the connection is cut: what it says goes to files first. */
  readonly isLasting?: boolean;
  /** Gives up waiting for it. */
  readonly signal?: AbortSignal;
}

const AS_ROOT = `if [ "$(id -u)" != 0 ]; then set -- sudo -n -- "$@"; fi
`;
const AT_ONCE = `${AS_ROOT}exec "$@" </dev/null`;
const LASTING = `${AS_ROOT}umask 077
said=$(mktemp -d) || exit 1
trap "" HUP PIPE
"$@" >"$said/out" 2>"$said/err" </dev/null
status=$?
cat "$said/err" >&2
cat "$said/out"
rm -rf "$said"
exit $status`;

/** Runs combot on hosts, as root there, and reads its JSON. */
export class Remote {
  readonly #ssh: Ssh;
  readonly #programs: (host: string) => string;

  /** @param programOf the combot to run on a host. */
  constructor(ssh: Ssh, programOf: (host: string) => string) {
    this.#ssh = ssh;
    this.#programs = programOf;
  }

  async ask(host: string, { args, timeoutMs, isLasting = false, signal }: Asked): Promise<Answer> {
    const script = isLasting ? LASTING : AT_ONCE;
    const command = ["sh", "-c", script, "sh", this.#programs(host), ...args, "--json"];
    return answerOf(await this.#ssh.run(host, command, { timeoutMs, ...(signal && { signal }) }));
  }
}

export function answerOf({ status, stdout, stderr, unreachable }: Said): Answer {
  if (unreachable !== null) return { kind: "unreachable", why: unreachable };
  const document = documentIn(stdout);
  const error = document?.["error"];
  if (document === null) return { kind: "refused", exit: status || 1, why: silence(status, stderr), faults: [] };
  if (typeof error !== "object" || error === null) return { kind: "answer", exit: status, document };
  const { detail, title, faults } = error as Record<string, unknown>;
  const why = [detail, title].find((words) => typeof words === "string") ?? "it failed without a word";
  return { kind: "refused", exit: status, why, faults: Array.isArray(faults) ? faults.map(String) : [] };
}

function documentIn(text: string): Record<string, unknown> | null {
  try {
    const document = JSON.parse(text) as unknown;
    return typeof document === "object" && document !== null ? (document as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function silence(status: number, stderr: string): string {
  const said = lastLine(stderr);
  if (status === 127 || /command not found/.test(said))
    return `combot is not installed there (npm install -g combot, or --package FILE.tgz): ${said}`;
  if (/^sudo: .*password/.test(said)) return `${said}: log in as root, or let this user use sudo without one`;
  return said || `it ended with ${status} and said nothing`;
}
