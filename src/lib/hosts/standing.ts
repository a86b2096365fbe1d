import type { Answer, Remote } from "./remote.ts";
import { hangLimitMs } from "../slowness.ts";

const ASK_MS = hangLimitMs(60_000);

/** What a host's daemon says of itself. */
export interface Running {
  readonly version: string;
  readonly health: string;
  /** Of the four of memory; null where the host does not tell. */
  readonly level: string | null;
  readonly model: string;
  readonly digest: string;
}

/** Settings of a daemon that somebody has given, by name. */
export type GivenSettings = ReadonlyMap<string, { readonly value: string; readonly isGiven: boolean }>;

export interface Standing {
  readonly host: string;
  /** To `combot status` there. */
  readonly answer: Answer;
  readonly running: Running | null;
  /** Null where no daemon answered. */
  readonly settings: GivenSettings | null;
  /** Why there is nothing to show. */
  readonly why: string | null;
}

export function askStatus(remote: Remote, host: string): Promise<Answer> {
  return remote.ask(host, { args: ["status"], timeoutMs: ASK_MS });
}

/** What runs on a host, and with which settings. */
export async function askStanding(remote: Remote, host: string): Promise<Standing> {
  const answer = await askStatus(remote, host);
  const running = runningIn(answer);
  if (running === null) {
    const why = answer.kind === "answer" ? "its answer is not combot's" : answer.why;
    return { host, answer, running, settings: null, why };
  }
  const config = await remote.ask(host, { args: ["config"], timeoutMs: ASK_MS });
  return { host, answer, running, settings: settingsIn(config), why: null };
}

/** Null for whatever is no report of combot's: a host may have any version. */
export function runningIn(answer: Answer): Running | null {
  if (answer.kind !== "answer") return null;
  const health = part(answer.document, "health");
  const model = part(health, "model");
  const { level } = part(answer.document, "memory");
  const wordOf = (value: unknown): string => (typeof value === "string" ? value : "");
  if (typeof health["version"] !== "string") return null;
  return {
    version: health["version"],
    health: wordOf(health["status"]),
    level: typeof level === "string" ? level : null,
    model: wordOf(model["name"]),
    digest: wordOf(model["digest"]),
  };
}

function settingsIn(answer: Answer): GivenSettings | null {
  if (answer.kind !== "answer" || answer.document["from"] !== "daemon") return null;
  const rows = answer.document["settings"];
  if (!Array.isArray(rows)) return null;
  const named = (rows as readonly Record<string, unknown>[]).map(({ name, value, source }) => {
    const isGiven = source !== "default" && source !== "profile";
    return [String(name), { value: String(value), isGiven }] as const;
  });
  return new Map(named);
}

function part(of: Record<string, unknown>, name: string): Record<string, unknown> {
  const value = of[name];
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
