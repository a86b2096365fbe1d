import { MAX_VALUE_BYTES } from "../../lib/protocol/cache.ts";
import type { Commands } from "./redis-client.ts";
import { isForbidden } from "./redis-refusals.ts";

/**
 * A value, and of a larger one than combot keeps a byte more than that: somebody else's may have half a gigabyte. Empty
 * where there is none. A login that may use GET alone gets all of it.
 */
export async function readHead(redis: Pick<Commands, "getrangeBuffer" | "getBuffer">, key: string): Promise<Buffer> {
  try {
    return await redis.getrangeBuffer(key, 0, MAX_VALUE_BYTES);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return (await redis.getBuffer(key)) ?? Buffer.alloc(0);
  }
}

export function isTooLarge(head: Buffer): boolean {
  return head.length > MAX_VALUE_BYTES;
}
