import type { Batch, FaultKind, GivenLabel, InboxSearch } from "../store.ts";

/** What the thread is asked for, each with the arguments of SqliteDatabase's method. */
export type Order =
  | { readonly ask: "open" | "release" | "close" }
  | { readonly ask: "write"; readonly batch: Batch; readonly attempt: string }
  | { readonly ask: "probe"; readonly attempt: string }
  | {
      readonly ask: "decisions" | "alerts";
      readonly sinceMs: number;
      readonly limit: number;
      readonly untilMs: number;
    }
  | {
      readonly ask: "history" | "moments";
      readonly sinceMs: number;
      readonly stepMs: number;
      readonly untilMs: number;
    }
  | {
      readonly ask: "model history";
      readonly model: string;
      readonly sinceMs: number;
      readonly stepMs: number;
      readonly untilMs: number;
    }
  | { readonly ask: "model names"; readonly sinceMs: number; readonly untilMs: number }
  | { readonly ask: "answers"; readonly sinceMs: number; readonly stepMs: number }
  | { readonly ask: "inbox list"; readonly search: InboxSearch }
  | { readonly ask: "inbox counts"; readonly sinceMs: number; readonly model: string }
  | { readonly ask: "inbox label"; readonly given: readonly GivenLabel[] }
  | { readonly ask: "inbox forget"; readonly digests: readonly string[] | null }
  | { readonly ask: "oldest" }
  | { readonly ask: "frequentTexts"; readonly limit: number }
  | { readonly ask: "newest" | "prune"; readonly beforeMs: number }
  | { readonly ask: "rows" }
  | { readonly ask: "backup" | "inspect" | "restore"; readonly path: string };

export interface Request {
  readonly id: number;
  readonly order: Order;
}

export type Response =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly fault: { readonly kind: FaultKind; readonly message: string } };
