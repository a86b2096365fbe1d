import { isDeepStrictEqual } from "node:util";
import { classifyRequest } from "../../src/lib/protocol/classify.ts";
import { ENDPOINTS } from "../../src/lib/protocol/endpoints.ts";
import { Wire } from "../../test/integration/http/support/wire.ts";
import type { WireReply } from "../../test/integration/http/support/wire.ts";
import { jsonOf } from "./grammar/json.ts";
import { schemaOf, valueOf } from "./grammar/values.ts";
import { text } from "./grammar/text.ts";
import { Random, seedOf } from "./random.ts";

export interface Compared {
  readonly compared: number;
  readonly statuses: ReadonlyMap<number, number>;
  /** The first of them that differ, in words. */
  readonly differences: readonly string[];
}

const SCHEMA = schemaOf(classifyRequest);
const CONTEXT = { host: "combot", known: [] };
/** Plain calls go the short way; with a charset they go Fastify's. */
const TYPES = ["application/json", "application/json; charset=utf-8"] as const;
const LONGEST_PIPELINE = 8;
/** Larger ones may end the connection, and are no other on the one way than on the other. */
const MOST_BYTES = 200_000;
const TOLD_DIFFERENCES = 5;
/** Of an answer: what it took, and where it came from. */
const OF_THE_MOMENT = ["durationMs", "cached", "coalesced"];
const HEADERS = ["content-type", "retry-after", "x-request-id", "connection"] as const;

/** Sends the same classify calls, in pipelines, the short way and the long way, and compares the replies. */
export async function compareWays(socketPath: string, seed: number, calls: number): Promise<Compared> {
  const statuses = new Map<number, number>();
  const differences: string[] = [];
  const wires = TYPES.map(() => new Wire(socketPath));
  let compared = 0;
  for (let session = 0; compared < calls && differences.length < TOLD_DIFFERENCES; session++) {
    const random = new Random(seedOf(seed, 0, session));
    const bodies = Array.from({ length: random.between(1, LONGEST_PIPELINE) }, () => bodyOf(random));
    const [short, long] = await inTurn(wires, bodies, `${session}`);
    for (const [at, body] of bodies.entries()) {
      const [one, other] = [toldOf(short?.[at]), toldOf(long?.[at])];
      compared += 1;
      const status = short?.[at]?.status ?? 0;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      const isOwn = one?.headers["x-request-id"] === `${session}-${at}`;
      if (isOwn && isDeepStrictEqual(one, other)) continue;
      const told = body.toString("latin1").slice(0, 300);
      differences.push(`${told}\n  short ${JSON.stringify(one)}\n  long  ${JSON.stringify(other)}`);
    }
  }
  for (const wire of wires) wire.end();
  return { compared, statuses, differences: differences.slice(0, TOLD_DIFFERENCES) };
}

function bodyOf(random: Random): Buffer {
  for (;;) {
    const call = random.chance(0.6) ? tame(random) : valueOf(SCHEMA, random, CONTEXT);
    const body = jsonOf(call, random);
    if (body.length <= MOST_BYTES) return body;
  }
}

/** What is taken, but for an odd text: by chance alone hardly one call in a hundred would be. */
function tame(random: Random): object {
  const some = Array.from({ length: random.between(1, 6) }, () =>
    random.chance(0.9) ? `where is order ${random.int(500)}?` : text(random),
  );
  const may = (share: number, fields: object): object => (random.chance(share) ? fields : {});
  return {
    ...(random.chance(0.4) ? { text: some[0] } : { texts: some }),
    ...may(0.3, { topK: random.between(1, 5) }),
    ...may(0.2, { user: `u${random.int(9)}` }),
    ...may(0.2, { noCache: true }),
    ...may(0.2, { minScore: random.int(10) / 10 }),
    ...may(0.1, { minMargin: 0.2, candidates: ["order_status", "refund_request"] }),
    ...may(0.1, { priority: "batch" }),
  };
}

/** One way after the other, so that none finds what the other has under way. */
async function inTurn(wires: readonly Wire[], bodies: readonly Buffer[], session: string): Promise<WireReply[][]> {
  const all: WireReply[][] = [];
  for (const [way, wire] of wires.entries()) {
    wire.send(Buffer.concat(bodies.map((body, at) => callOf(body, TYPES[way] ?? "", `${session}-${at}`))));
    const replies: WireReply[] = [];
    for (let left = bodies.length; left > 0; left--) {
      const reply = await wire.reply();
      if (!reply)
        throw new Error(`session ${session}: the connection ended on the ${way === 0 ? "short" : "long"} way`);
      replies.push(reply);
    }
    all.push(replies);
  }
  return all;
}

function callOf(body: Buffer, type: string, id: string): Buffer {
  const { method, path } = ENDPOINTS.classify;
  const lines = [`${method} ${path} HTTP/1.1`, "host: x", `x-request-id: ${id}`, `content-type: ${type}`];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\ncontent-length: ${body.length}\r\n\r\n`), body]);
}

/** What both ways must have in common. */
function toldOf(reply: WireReply | undefined) {
  if (!reply) return undefined;
  const headers = Object.fromEntries(HEADERS.map((name) => [name, reply.headers[name]]));
  const isTimed = reply.headers["server-timing"] !== undefined;
  const body = JSON.parse(reply.body, (key, value: unknown) =>
    OF_THE_MOMENT.includes(key) ? undefined : value,
  ) as object;
  return { status: reply.status, headers, isTimed, body };
}
