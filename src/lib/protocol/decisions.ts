import { z } from "zod";

export const DECISION_ACTIONS = [
  "level",
  "recycle",
  "put off",
  "unload",
  "load",
  "model use",
  "model put",
  "model remove",
  "pin",
  "unpin",
  "rescan",
  "shadow",
  "shadow stop",
  "evict shadow",
  "unload idle",
  "force cleanup",
  "unload all",
  "keep one",
  "hold",
  "restore",
  "cleanup",
  "refuse load",
  "make room",
  "postpone load",
  "worker died",
  "disconnect",
] as const;

export const decision = z.object({
  id: z.string().describe("unique over restarts; later ones sort behind earlier ones"),
  at: z.iso.datetime(),
  action: z.enum(DECISION_ACTIONS),
  reason: z.string(),
  measured: z
    .number()
    .nullable()
    .describe("what was measured; a share of the limit for memory, else a count or seconds"),
  threshold: z.number().nullable().describe("what it was held against"),
  freedBytes: z
    .int()
    .nullable()
    .describe("anonymous memory of the tree before less after; null where none was to be freed"),
  durationMs: z.number().min(0),
  detail: z.string().optional().describe("the arithmetic, or what went wrong"),
  slot: z.int().min(0).optional(),
  model: z
    .string()
    .optional()
    .describe("its name in COMBOT_MODELS_DIR; absent where it is about the default model or all"),
  by: z
    .string()
    .optional()
    .describe(
      "by what somebody came who did it by hand: control socket, admin token, or token and its name; absent for what was decided",
    ),
});

export const decisionsQuery = z.strictObject({
  since: z.iso.datetime().optional().describe("only later ones"),
  until: z.iso.datetime().optional().describe("only earlier ones"),
  limit: z.coerce.number().int().min(1).max(1000).optional().describe("the newest so many; default 100"),
});

export const decisionsReply = z.object({
  decisions: z.array(decision).describe("oldest first"),
  missing: z.string().optional().describe("why those of earlier runs are not among them; absent where they are"),
});

/** By what somebody came who did a thing by hand; whose process it was, a socket does not tell Node. */
export type CameBy = "control socket" | "admin token" | `token ${string}`;
export type Decision = z.infer<typeof decision>;
export type DecisionsReply = z.infer<typeof decisionsReply>;
export type DecisionsQuery = z.infer<typeof decisionsQuery>;
