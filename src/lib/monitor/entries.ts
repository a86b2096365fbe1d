import type { Sample } from "../protocol/events.ts";
import type { WorkerStatus } from "../protocol/process.ts";

/** By what the workers stand; `slot` is the order in which they have their places. */
export const SORTS = ["slot", "memory", "cpu", "users", "requests", "uptime"] as const;
export type Sort = (typeof SORTS)[number];

/** What can be chosen on the screen. Its key stays the same for as long as it lives, wherever it stands. */
export type Entry =
  | { readonly kind: "model"; readonly key: string; readonly model: Sample["memory"]["model"] }
  | { readonly kind: "named"; readonly key: string; readonly named: SampledModel }
  | { readonly kind: "daemon"; readonly key: string }
  | { readonly kind: "worker"; readonly key: string; readonly worker: WorkerStatus };

export interface Choice {
  readonly sort: Sort;
  /** Only what has this in its name, state, or process id; empty: all. */
  readonly filter: string;
}

export type SampledModel = NonNullable<Sample["models"]>[number];

type Shown = Pick<Sample, "memory" | "process" | "models">;
type CpuByPid = ReadonlyMap<number, number | null>;

/** Models, then the daemon, then the workers, in the order of the screen. */
export function entriesOf(sample: Shown, cpu: CpuByPid, { sort, filter }: Choice): readonly Entry[] {
  const { model } = sample.memory;
  const named = (sample.models ?? []).filter((one) => !one.default);
  const models: readonly Entry[] = [
    { kind: "model", key: `model ${model.digest}`, model },
    ...named.map((one): Entry => ({ kind: "named", key: keyOfModel(one, sample), named: one })),
  ];
  const workers = sorted(sample.process.workers, cpu, sort).map(workerEntry);
  return [...models, { kind: "daemon", key: "daemon" } as const, ...workers].filter((entry) =>
    matches(wordsOf(entry, sample), filter),
  );
}

/** The default one is chosen by its digest, as where it is the only one. */
export function keyOfModel(model: Pick<SampledModel, "name" | "default">, { memory }: Pick<Shown, "memory">): string {
  return model.default ? `model ${memory.model.digest}` : `named ${model.name}`;
}

/** Whether a line of words has what is looked for, whatever its case. */
export function matches(words: string, filter: string): boolean {
  return filter === "" || words.toLowerCase().includes(filter.toLowerCase());
}

function workerEntry(worker: WorkerStatus): Entry {
  return { kind: "worker", key: `worker ${placeOf(worker)} ${worker.generation} ${worker.pid ?? ""}`, worker };
}

/** One word: models have slots of the same number. */
export function placeOf({ slot, model }: Pick<WorkerStatus, "slot" | "model">): string {
  return model === undefined ? String(slot) : `${slot}@${model}`;
}

function wordsOf(entry: Entry, { process }: Shown): string {
  if (entry.kind === "model") return `model ${entry.model.name} ${entry.model.digest}`;
  if (entry.kind === "named") return `model ${entry.named.name} ${entry.named.state}`;
  if (entry.kind === "daemon") return `daemon ${process.daemon.pid}`;
  const { slot, model = "", pid, state, dueBy, next } = entry.worker;
  return `worker ${slot} ${model} ${pid ?? ""} ${state} ${dueBy ?? ""} ${next?.reason ?? ""}`;
}

/** The largest first; of two alike, and of two that replace each other, the one that was there first. */
function sorted(workers: readonly WorkerStatus[], cpu: CpuByPid, sort: Sort): readonly WorkerStatus[] {
  if (sort === "slot") return workers;
  const measure: Readonly<Record<Exclude<Sort, "slot">, (worker: WorkerStatus) => number>> = {
    memory: ({ pssBytes }) => pssBytes ?? -1,
    cpu: ({ pid }) => cpu.get(pid ?? 0) ?? -1,
    users: ({ users }) => users,
    requests: ({ requests }) => requests,
    uptime: ({ uptimeSeconds }) => uptimeSeconds,
  };
  return workers.toSorted((a, b) => measure[sort](b) - measure[sort](a));
}
