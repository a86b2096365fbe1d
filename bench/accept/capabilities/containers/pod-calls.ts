import { request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** A daemon over TCP. */
export interface Door {
  readonly address: string;
  readonly port: number;
  readonly token: string;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

const CALL_LIMIT_MS = 5000;
/** Of COMBOT_HOSTS. */
const HOST = "combot";

/** What a caller inside the cluster sends. */
export function headersOf({ token }: Pick<Door, "token">): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

export function ask(door: Door, path: string): Promise<Answer> {
  const { address, port } = door;
  const headers = { ...headersOf(door), host: HOST };
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: address, port, path, headers, timeout: CALL_LIMIT_MS }, (incoming) => {
      let text = "";
      incoming.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      incoming.on("error", reject);
      incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, text }));
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`${path}: no answer within ${CALL_LIMIT_MS / 1000} s`)));
    outgoing.on("error", reject);
    outgoing.end();
  });
}

export async function read<T>(door: Door, path: string): Promise<T> {
  const { status, text } = await ask(door, path);
  // Health answers 503 with the same page.
  if (status !== 200 && status !== 503) throw new Error(`${path}: ${status} ${text}`);
  return JSON.parse(text) as T;
}

/** @returns how long it took; NaN where it has not come to it. */
export async function untilReady(door: Door, limitMs = 60_000): Promise<number> {
  const fromMs = performance.now();
  while (performance.now() - fromMs < limitMs) {
    const answer = await ask(door, "/readyz").catch(() => undefined);
    if (answer?.status === 200) return performance.now() - fromMs;
    await delay(50);
  }
  return NaN;
}
