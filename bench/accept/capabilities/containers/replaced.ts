import { setTimeout as delay } from "node:timers/promises";
import { answersOf, runClients } from "../../clients.ts";
import type { Tally } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { quantile, round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";
import { readyLine, STATE_FOLDER, writableIn } from "./alone.ts";
import { Front } from "../../front.ts";
import { headersOf } from "./pod-calls.ts";
import { SLOTS, withPods } from "./pods.ts";
import type { Pod, Pods, Slot } from "./pods.ts";
import { exactly, forTheRecord } from "./stage.ts";
import type { Say, Stage } from "./stage.ts";

const CLIENTS = 50;
const REPLACEMENTS = 10;
const BEFORE_MS = 3000;
/** None hangs on a pod that has gone: HAProxy would wait 35 s for it. */
const LONGEST_MS = 5000;

/** Of a process in the pod, as the kernel tells it. */
const RESTRICTED = {
  Uid: "65532",
  CapEff: "0000000000000000",
  CapBnd: "0000000000000000",
  NoNewPrivs: "1",
  Seccomp: "2",
};

/** A Deployment's rolling update by hand: each new pod is ready, and sent calls, before an old one goes. */
export const replaced = withPods("replaced", async function* (stage, pods, say) {
  say("the first pod");
  const first = await pods.play("a");
  yield readyLine("podman kube play of overlays/production: to 200 at /readyz, s", first.readyMs);
  yield* restricted(stage, first);
  const front = await Front.start(pods.front(stage.folder));
  try {
    yield* underLoad(front, pods, first, say);
  } finally {
    await front.end();
  }
});

async function* restricted({ engine }: Stage, { container }: Pod): AsyncGenerator<Line> {
  const status = await engine.run("exec", container, "cat", "/proc/1/status");
  for (const [name, value] of Object.entries(RESTRICTED))
    yield exactly(
      `PID 1 of the pod: ${name}`,
      new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(status)?.[1] ?? "none",
      value,
    );
  yield exactly("root file system read-only", await engine.field(container, "{{.HostConfig.ReadonlyRootfs}}"), "true");
  yield exactly("folders that can be written to", await writableIn(engine, container), STATE_FOLDER);
}

async function* underLoad(front: Front, pods: Pods, first: Pod, say: Say): AsyncGenerator<Line> {
  const living = [first, await pods.play("b")];
  for (const { slot } of living) await front.until(slot, "UP");
  const { socketPath } = front;
  const headers = headersOf(pods.door("a"));
  const texts = shopTexts().slice(0, 200);
  const expected = await answersOf(socketPath, texts, headers);
  let isOver = false;
  const load = runClients({ socketPath, clients: CLIENTS, texts, headers, expected, isOver: () => isOver });
  await delay(BEFORE_MS);
  const statuses: string[] = [];
  const readyMs: number[] = [];
  try {
    for (let time = 1; time <= REPLACEMENTS; time++) {
      say(`replacement ${time} of ${REPLACEMENTS}`);
      const next = await pods.play(freeSlot(living));
      readyMs.push(next.readyMs);
      await front.until(next.slot, "UP");
      living.push(next);
      statuses.push(await pods.remove(living.shift()!));
    }
  } finally {
    isOver = true;
  }
  yield* linesOf(await load, statuses);
  const longest = round(Math.max(...readyMs) / 1000);
  yield forTheRecord(`a new pod to 200 at /readyz beside ${CLIENTS} clients, s, the longest`, longest);
}

function freeSlot(living: readonly Pod[]): Slot {
  return SLOTS.find((slot) => !living.some((pod) => pod.slot === slot))!;
}

function* linesOf({ sent, ok, wrong, failures, latenciesMs }: Tally, statuses: readonly string[]): Generator<Line> {
  const said = [...failures].map(([what, times]) => `${times} × ${what}`).join("; ");
  yield exactly(
    `pods replaced under ${CLIENTS} clients behind HAProxy, all of them ended with 0`,
    ended(statuses),
    REPLACEMENTS,
  );
  yield forTheRecord("calls meanwhile", sent);
  yield exactly("of these failed", said || sent - ok, 0);
  yield exactly("answers that differ from those before", wrong, 0);
  yield forTheRecord("p99 of the calls, ms", round(quantile(latenciesMs, 0.99), 0));
  const longest = round(quantile(latenciesMs, 1), 0);
  yield {
    what: "the longest call, ms",
    measured: longest,
    target: `at most ${LONGEST_MS}`,
    pass: longest <= LONGEST_MS,
  };
}

function ended(statuses: readonly string[]): number {
  return statuses.filter((status) => status === "0").length;
}
