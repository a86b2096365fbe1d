import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PrivateDaemon } from "../../scripts/support/private-daemon.ts";
import { freePort } from "../../scripts/support/free-port.ts";
import type { ClassifyReply } from "../../src/lib/protocol/classify.ts";
import { LISTEN_TOKEN, listenSettings } from "./listening-daemon.ts";

export const TEXTS = Array.from({ length: 500 }, (_, at) => `where is parcel ${at}, and who has ${500 - at}?`);

const START_LIMIT_MS = 50_000;

export interface Bytes {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

/** A daemon that speaks what others' clients do, over TCP with a token. */
export class CompatCaller {
  readonly daemon: PrivateDaemon;
  readonly base: string;

  private constructor(daemon: PrivateDaemon, base: string) {
    this.daemon = daemon;
    this.base = base;
  }

  static async start(env: Readonly<Record<string, string>>): Promise<CompatCaller> {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), "cc-"));
    const compat = { COMBOT_COMPAT: "hf,tei,oip", COMBOT_HOSTS: "127.0.0.1", DATABASE_URL: "off" };
    const all = { ...env, ...listenSettings(port, folder), ...compat };
    const daemon = await PrivateDaemon.start({ env: all, startLimitMs: START_LIMIT_MS });
    rmSync(folder, { recursive: true });
    return new CompatCaller(daemon, `http://127.0.0.1:${port}`);
  }

  /** By our own call, over the control socket. */
  async classify(call: object): Promise<ClassifyReply["results"]> {
    return (await this.daemon.json<ClassifyReply>("POST", "/api/classify/", call)).results;
  }

  async post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Bytes> {
    const all = { authorization: `Bearer ${LISTEN_TOKEN}`, "content-type": "application/json", ...headers };
    const sent = Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body);
    const reply = await fetch(this.base + path, { method: "POST", headers: all, body: sent });
    return { status: reply.status, headers: reply.headers, bytes: Buffer.from(await reply.arrayBuffer()) };
  }

  async posted<T>(path: string, body: unknown): Promise<T> {
    const { status, bytes } = await this.post(path, body);
    if (status !== 200) throw new Error(`${status}: ${bytes.toString()}`);
    return JSON.parse(bytes.toString()) as T;
  }

  async refused(path: string, body: unknown): Promise<readonly [number, unknown]> {
    const { status, bytes } = await this.post(path, body);
    return [status, JSON.parse(bytes.toString())];
  }

  async got(path: string): Promise<readonly [number, unknown]> {
    const reply = await fetch(this.base + path, { headers: { authorization: `Bearer ${LISTEN_TOKEN}` } });
    const text = await reply.text();
    return [reply.status, text === "" ? "" : JSON.parse(text)];
  }
}

/** As many texts at a time as a small queue takes. */
export async function inParts<T>(
  texts: readonly string[],
  ask: (some: string[]) => Promise<readonly T[]>,
): Promise<T[]> {
  const all: T[] = [];
  for (let at = 0; at < texts.length; at += 25) all.push(...(await ask(texts.slice(at, at + 25))));
  return all;
}
