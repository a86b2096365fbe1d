/**
 * The language of the daemon and a worker, over the IPC channel of the child process. Versioned although both come
 * from one package: a release can be switched under a running daemon, and a worker started after that is a newer one.
 *
 * Checked by a table of our own and not by zod: zod costs each worker 19 MB of resident memory and 40 ms of its start
 * (measured on Node 24), which is half of what a worker of a small model takes.
 */
export const WORKER_PROTOCOL = 4;

/** Exit statuses of a worker are part of the protocol. */
export const WORKER_EXIT = { ok: 0, defect: 1, cannotBoot: 3 } as const;

const KINDS = {
  count: (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0,
  ms: (value: unknown): value is number => Number.isFinite(value) && (value as number) >= 0,
  text: (value: unknown): value is string => typeof value === "string",
  flag: (value: unknown): value is boolean => typeof value === "boolean",
  int32: (value: unknown): value is Int32Array => value instanceof Int32Array,
  float32: (value: unknown): value is Float32Array => value instanceof Float32Array,
} as const;

/** What has to be known of a model to ask it: the output to read, how wide it is, and what goes where a text ends. */
const MODEL = { output: "text", labels: "count", padId: "count", padLeft: "flag", probe: "int32" } as const;

/**
 * What the daemon says. `prepare` is for a process that does nothing else. In `run`, row i has `lengths[i]` tokens of
 * `ids`; the worker pads rows to the longest. `types` are as many as `ids`, or none where all are 0. `packed`: with
 * the weights as the CPU's kernels want them, for workers to share.
 */
const TO_WORKER = {
  load: { ...MODEL, modelPath: "text", prepared: "flag", threads: "count" },
  prepare: { modelPath: "text", preparedPath: "text", weightsName: "text", packed: "flag" },
  run: { id: "count", ids: "int32", types: "int32", lengths: "int32" },
} as const;

/**
 * What a worker says. `logits` has one row a text, `labels` wide, in the order of the run. `failed` with run 0 is about
 * the load or the preparation; `oneByOne`: the graph takes no more than one text at a time; `shorter`: how many graphs
 * that leave something out were written beside the prepared one; `invalid` puts the fault with the model or the input rather than with the process.
 */
const FROM_WORKER = {
  hello: { protocol: "count", pid: "count" },
  ready: { loadMs: "ms", oneByOne: "flag" },
  prepared: { shorter: "count" },
  reply: { id: "count", logits: "float32", computeMs: "ms" },
  failed: { id: "count", invalid: "flag", detail: "text" },
} as const;

type Kind = keyof typeof KINDS;
type Shape = Readonly<Record<string, Kind>>;
type ValueOf<K extends Kind> = (typeof KINDS)[K] extends (value: unknown) => value is infer V ? V : never;
type MessageOf<T extends Readonly<Record<string, Shape>>> = {
  [N in keyof T]: { readonly type: N } & { readonly [F in keyof T[N]]: ValueOf<T[N][F]> };
}[keyof T];

export type ToWorker = MessageOf<typeof TO_WORKER>;
export type FromWorker = MessageOf<typeof FROM_WORKER>;
/** What has to be known of a model to ask it. */
export type ModelMessage = Omit<LoadMessage, "type" | "modelPath" | "prepared" | "threads">;
export type PrepareMessage = Extract<ToWorker, { type: "prepare" }>;
export type LoadMessage = Extract<ToWorker, { type: "load" }>;
export type RunMessage = Extract<ToWorker, { type: "run" }>;
/** The tokens of some texts, one text after another. */
export type RunTexts = Omit<RunMessage, "type" | "id">;
export type ReadyMessage = Extract<FromWorker, { type: "ready" }>;
export type ReplyMessage = Extract<FromWorker, { type: "reply" }>;

function fits(message: unknown, shapes: Readonly<Record<string, Shape>>): boolean {
  if (typeof message !== "object" || message === null || !("type" in message)) return false;
  const shape =
    typeof message.type === "string" && Object.hasOwn(shapes, message.type) ? shapes[message.type] : undefined;
  if (!shape) return false;
  const fields = message as Readonly<Record<string, unknown>>;
  return Object.entries(shape).every(([name, kind]) => KINDS[kind](fields[name]));
}

/** The message, if it is one the daemon may send. */
export function parseToWorker(message: unknown): ToWorker | undefined {
  return fits(message, TO_WORKER) ? (message as ToWorker) : undefined;
}

/** The message, if it is one a worker may send. */
export function parseFromWorker(message: unknown): FromWorker | undefined {
  return fits(message, FROM_WORKER) ? (message as FromWorker) : undefined;
}
