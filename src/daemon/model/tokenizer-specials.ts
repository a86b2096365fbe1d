import { z } from "zod";

/** A token that a post-processor puts in: what it is called there, and its ids. */
interface Special {
  readonly token: string;
  readonly ids: readonly number[];
}

const pair = z.tuple([z.string(), z.int()]);
const framing = z.object({ type: z.enum(["BertProcessing", "RobertaProcessing"]), sep: pair, cls: pair });
const piece = z.object({ SpecialToken: z.object({ id: z.string() }).optional() });
const template = z.object({
  type: z.literal("TemplateProcessing"),
  single: z.array(piece),
  pair: z.array(piece),
  special_tokens: z.record(z.string(), z.object({ ids: z.array(z.int()), tokens: z.array(z.string()) })),
});
const sequence = z.object({ type: z.literal("Sequence"), processors: z.array(z.unknown()) });

/**
 * The library puts in the ids that the post-processor names, whatever the vocabulary says, and ends the process where
 * it names none.
 *
 * @throws {Error} naming the token and both ids.
 */
export function checkSpecials(postProcessor: unknown, idOf: (token: string) => number | undefined): void {
  for (const { token, ids } of specialsOf(postProcessor)) {
    const id = idOf(token);
    if (id === undefined) throw new Error(`its post_processor adds ${token}, which is not in its vocabulary`);
    if (ids.length !== 1 || ids[0] !== id) {
      const given = ids.length === 1 ? `the id ${ids[0]}` : `the ids ${ids.join(", ")}`;
      throw new Error(`its post_processor gives ${token} ${given}, and its vocabulary ${id}`);
    }
  }
}

function specialsOf(part: unknown): Special[] {
  const row = sequence.safeParse(part);
  if (row.success) return row.data.processors.flatMap(specialsOf);
  const framed = framing.safeParse(part);
  if (framed.success) return [framed.data.cls, framed.data.sep].map(([token, id]) => ({ token, ids: [id] }));
  const filled = template.safeParse(part);
  return filled.success ? specialsIn(filled.data) : [];
}

function specialsIn({ single, pair, special_tokens: named }: z.infer<typeof template>): Special[] {
  const used = new Set([...single, ...pair].flatMap((piece) => piece.SpecialToken?.id ?? []));
  return [...used].flatMap((name) => {
    const special = named[name];
    if (!special) return [{ token: name, ids: [] }];
    return special.tokens.map((token, at) => ({ token, ids: special.ids.slice(at, at + 1) }));
  });
}
