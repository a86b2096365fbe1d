import type { BootFault, RecycleReason } from "../../lib/protocol/process.ts";

/** What happens in the pool, for the log, the metrics and the journal. */
export type PoolEvent =
  | { readonly type: "started" | "stopped"; readonly slot: number; readonly generation: number; readonly pid: number }
  | {
      readonly type: "ready";
      readonly slot: number;
      readonly generation: number;
      readonly pid: number;
      readonly tookMs: number;
    }
  | {
      readonly type: "died";
      readonly slot: number;
      readonly pid: number;
      /** `oom`: the kernel took it for want of memory. */
      readonly reason: "hung" | "crash" | "oom";
      readonly detail: string;
      readonly served: boolean;
    }
  | {
      /** It ended before it came to serve, if there was a process at all. */
      readonly type: "not started";
      readonly slot: number;
      readonly fault: BootFault;
      readonly detail: string;
    }
  | {
      readonly type: "recycled";
      readonly slot: number;
      /** Of the process that is gone. */
      readonly pid: number;
      readonly reason: RecycleReason;
      readonly tookMs?: number;
    }
  | { readonly type: "batch"; readonly texts: number; readonly tokens: number; readonly computeMs: number }
  | { readonly type: "refused"; readonly texts: number; readonly detail: string }
  | { readonly type: "delayed"; readonly untilMs: number; readonly detail: string }
  | { readonly type: "held" | "refused load"; readonly detail: string };
