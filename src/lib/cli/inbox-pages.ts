import type { Client, QueryOf } from "../client.ts";
import type { InboxReply } from "../protocol/inbox.ts";

/** As many as one reply has. */
const AT_ONCE = 1000;
/** As many as an inbox holds, and some that were labelled. */
const ALL = 100_000;

/** Up to `most` texts, a reply after the other; what moves from one to the next meanwhile is told once. */
export async function readInbox(
  client: Pick<Client, "call">,
  query: Omit<NonNullable<QueryOf<"inbox">>, "limit" | "offset">,
  most = ALL,
): Promise<InboxReply> {
  const texts = new Map<string, InboxReply["texts"][number]>();
  for (let offset = 0; ; offset += AT_ONCE) {
    const limit = Math.min(AT_ONCE, most - offset);
    const reply = await client.call("inbox", { query: { ...query, limit: String(limit), offset: String(offset) } });
    for (const text of reply.texts) texts.set(text.digest, text);
    if (reply.texts.length < AT_ONCE || offset + limit >= most) return { ...reply, texts: [...texts.values()] };
  }
}
