import type { Facts } from "./facts.ts";
import { PATHS } from "./paths.ts";

type Seen = Pick<Facts, "unreadable" | "currentRelease">;

/** This user may not read what the last deploy was asked for: a plan from the rest would be a guess. */
export function isBlind({ unreadable, currentRelease }: Seen): boolean {
  return unreadable.length > 0 && currentRelease !== null;
}

/** For a plan that was made without knowing all. */
export function unreadableInWords(facts: Seen): string {
  const closed = [PATHS.credentials, PATHS.deploy];
  const places = facts.unreadable.map((path) => closed.find((folder) => path.startsWith(`${folder}/`)) ?? path);
  const found = `This user may not read ${[...new Set(places)].join(", ")}`;
  const what = isBlind(facts) ? 'what "unknown" stands before may change or stay' : "what is in there may change too";
  return `${found}: ${what}. sudo combot deploy --dry-run has the whole plan.`;
}
