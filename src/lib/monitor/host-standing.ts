import { formatDuration } from "../units.ts";
import { figuresIn, type HostFigures } from "./host-figures.ts";
import { ownEntry } from "../own-entry.ts";

/** What came of asking a host; times by a clock that never goes back, in ms. */
export interface AskedHost {
  readonly host: string;
  /** The last answer that it gave. */
  readonly answer: { readonly document: Readonly<Record<string, unknown>> } | null;
  readonly answeredAtMs: number | null;
  /** What came of it since, where nothing did. */
  readonly failure: { readonly kind: "unreachable" | "refused"; readonly why: string } | null;
  readonly firstAskedAtMs: number | null;
  readonly askedAtMs: number | null;
}

/** How a host stands: with figures, or with words for why there are none. */
export interface Standing {
  readonly host: string;
  /** One word. */
  readonly state: string;
  readonly tone: "good" | "careful" | "bad" | "faint";
  readonly figures: HostFigures | null;
  /** What stands in the place of figures. */
  readonly words: string;
  /** 0 is worst. */
  readonly rank: number;
}

const STATUS_TONES: Readonly<Record<string, Standing["tone"]>> = { ok: "good", degraded: "careful", unhealthy: "bad" };
const GONE = 0;
const UNHEALTHY = 1;
const ALARMED = 2;
const CAREFUL = 3;
const FINE = 4;

/** @param patienceMs a host that has not answered for so long since it was asked is silent. */
export function standingOf(one: AskedHost, nowMs: number, patienceMs: number): Standing {
  const { host, answer, answeredAtMs, firstAskedAtMs, askedAtMs, failure } = one;
  const lastedMs = nowMs - (answeredAtMs ?? firstAskedAtMs ?? nowMs);
  // In whole seconds: it is looked at, and stands still in between.
  const lasted = formatDuration(Math.max(1, Math.floor(lastedMs / 1000)) * 1000).replace(".0s", "s");
  const gone = { host, tone: "bad" as const, figures: null, rank: GONE };
  if (failure !== null) {
    const state = failure.kind === "unreachable" ? "unreachable" : "failed";
    return { ...gone, state, words: `for ${lasted}: ${failure.why}` };
  }
  if (askedAtMs !== null && nowMs - askedAtMs >= patienceMs)
    return { ...gone, state: "silent", words: `no answer for ${lasted}` };
  if (answer === null) return { ...gone, state: "asking", tone: "faint", words: "", rank: FINE };
  const figures = figuresIn(answer.document);
  if (figures === null) return { ...gone, state: "failed", words: "its answer is not combot's" };
  if (figures.link !== "up" || figures.health === null)
    return { ...gone, state: figures.link === "up" ? "unknown" : figures.link, words: figures.detail };
  const { health } = figures;
  return {
    host,
    state: health,
    tone: ownEntry(STATUS_TONES, health) ?? "careful",
    figures,
    words: "",
    rank: rankOf(figures),
  };
}

function rankOf({ health, troubles, level }: HostFigures): number {
  if (health === "unhealthy") return UNHEALTHY;
  if (troubles.some(({ isAlert, severity }) => isAlert && severity !== "warning")) return ALARMED;
  const isFine = health === "ok" && troubles.length === 0 && (level === null || level === "normal");
  return isFine ? FINE : CAREFUL;
}
