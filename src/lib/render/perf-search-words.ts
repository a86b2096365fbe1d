import type { PerfReport } from "../protocol/perf.ts";
import { percent } from "./words.ts";

/** `184/s: 5,520 users who ask 2 a minute each; three runs within 4%`. */
export function searchWords({ search, interrupted }: Pick<PerfReport, "search" | "interrupted">): string {
  if (!search) return "";
  const { ratePerSecond, users, perUserPerMinute, found, spread, isAtLeast } = search;
  if (ratePerSecond === null) return "not even the lowest rate was held";
  const each = Number(perUserPerMinute.toPrecision(3));
  const holds = `holds ${isAtLeast || interrupted ? "at least " : ""}${ratePerSecond}/s`;
  const runs = spread === null ? "" : `; ${found.length} runs within ${percent(spread)} of each other`;
  return `${holds}, ${(users ?? 0).toLocaleString("en-US")} users who ask ${each} a minute each${runs}`;
}
