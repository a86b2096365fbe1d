import type { FuzzContext } from "./context.ts";
import { Random, seedOf } from "./random.ts";
import { request } from "./request.ts";
import type { FuzzRequest } from "./request.ts";

/**
 * What becomes of a connection: all is sent and read; it is sent in two pieces; it is left half-sent; what comes is not
 * read.
 */
export type Manner = "whole" | "pieces" | "half" | "unread";

/** What is sent in one go. */
export interface Session {
  readonly requests: readonly FuzzRequest[];
  readonly bytes: Buffer;
  readonly manner: Manner;
  /** Where it is cut, for pieces and half. */
  readonly cutAt: number;
  /** How long whoever dawdles does so. */
  readonly pauseMs: number;
  /** All of it is sound, and wholly sent and read: as many replies are due, and the connection can be used again. */
  readonly isSound: boolean;
}

const LONGEST_PIPELINE = 40;
const LONGEST_PAUSE_MS = 40;
/** Behind what is broken nothing is answered: most sessions have none of it. */
const SOUND_SHARE = 0.75;

/** The same for the same numbers, whatever was sent before. */
export function sessionOf(seed: number, caller: number, index: number, context: FuzzContext): Session {
  const random = new Random(seedOf(seed, caller, index));
  const count = random.chance(0.5) ? 1 : random.between(2, LONGEST_PIPELINE);
  const isTame = random.chance(SOUND_SHARE);
  const requests: FuzzRequest[] = [];
  while (requests.length < count) {
    const one = request(random, context);
    if (isTame && !one.isSound) continue;
    requests.push(one);
    // Nothing behind it would have a reply.
    if (one.isEndless) break;
  }
  const bytes = Buffer.concat(requests.map((one) => one.bytes));
  const manner = random.weighted({ whole: 92, pieces: 4, half: 2.5, unread: 1.5 });
  const isRead = manner === "whole" || manner === "pieces";
  return {
    requests,
    bytes,
    manner,
    cutAt: random.int(bytes.length),
    pauseMs: random.int(LONGEST_PAUSE_MS),
    isSound: isRead && requests.every(({ isSound, isEndless }) => isSound && !isEndless),
  };
}
