import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Address } from "../../src/lib/perf/load/address.ts";

export interface LoadOrder {
  readonly address: Address;
  readonly path: string;
  /** Sent with every text. */
  readonly extraFields: Readonly<Record<string, unknown>>;
  /** A JSON array of strings, each sent once, in their order. */
  readonly textsFile: string;
  readonly clients: number;
  readonly warmUpSeconds: number;
  /** Answered after that, before any counts. */
  readonly warmUpTexts?: number;
  /** Null: until all texts are answered. */
  readonly seconds: number | null;
}

/** Of the time measured; what began before its end and was answered after it counts nowhere. */
export interface LoadReport {
  readonly type: "report";
  readonly seconds: number;
  readonly answered: number;
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
}

type LoadMessage = LoadReport | { readonly type: "measuring" | "over" };

export interface LoadWatcher {
  /** The warm-up is over. */
  readonly onStart: (loadPid: number) => void;
  /** The last answer that counts is in; the process of the clients is still there. */
  readonly onEnd: (loadPid: number) => void;
}

/** Runs the clients in a process of their own. @throws if it fails, or `signal` is aborted. */
export function runLoad(order: LoadOrder, watcher: LoadWatcher, signal: AbortSignal): Promise<LoadReport> {
  const program = fileURLToPath(new URL("load-process.ts", import.meta.url));
  const child = fork(program, [JSON.stringify(order)], { signal, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const pid = child.pid ?? 0;
  return new Promise((resolve, reject) => {
    let report: LoadReport | undefined;
    child.on("message", (message: LoadMessage) => {
      if (message.type === "measuring") watcher.onStart(pid);
      else if (message.type === "over") watcher.onEnd(pid);
      else report = message as LoadReport;
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      if (report && code === 0) resolve(report);
      else reject(new Error(`the clients ended with ${signal ?? code}`));
    });
  });
}
