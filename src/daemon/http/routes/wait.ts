import type { z } from "zod";
import type { waitQuery } from "../../../lib/protocol/process.ts";

type WaitQuery = z.infer<typeof waitQuery>;

export function waits(query: WaitQuery): boolean {
  return query.wait === "true";
}

/** 200 has the result, 202 what was started. */
export function statusOf(query: WaitQuery): 200 | 202 {
  return waits(query) ? 200 : 202;
}
