import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

type Collector = (options: { readonly type: "major" | "minor"; readonly execution: "sync"; flavor?: string }) => void;

let collector: Collector | undefined;

/** V8's own, which a process gets without being started with --expose-gc. */
function exposed(): Collector {
  if (collector) return collector;
  setFlagsFromString("--expose-gc");
  collector = runInNewContext("gc") as Collector;
  return collector;
}

/** As a last resort: code that was not used lately and empty pages go as well, 2 MB of an idle daemon. */
export function collectAll(): void {
  exposed()({ type: "major", execution: "sync", flavor: "last-resort" });
}

/** What is new and nobody's any more; a millisecond or two. */
export function collectYoung(): void {
  exposed()({ type: "minor", execution: "sync" });
}
