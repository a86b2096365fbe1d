import type { Line } from "../../record.ts";
import { installed } from "./installation.ts";
import { blockOf } from "./pages.ts";
import type { Say } from "./sitting.ts";

/** As README goes on: a daemon of one's own, here beside the deployed one. */
export async function* usesOwnDaemon(say: Say): AsyncGenerator<Line> {
  const { sitting } = await installed("use", say);
  try {
    yield* sitting.typeBlock(blockOf("README.md", "Use it", "export COMBOT_SOCKET"));
    yield* sitting.typeBlock(blockOf("README.md", "Use it", "curl"));
  } finally {
    await sitting.end();
  }
}
