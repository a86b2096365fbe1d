import { putBehindLoop } from "./priority.ts";
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { messageOf } from "../../lib/errors.ts";
import { programFile } from "../../lib/package-files.ts";
import { WORKER_EXIT, WORKER_PROTOCOL, parseFromWorker } from "../../lib/protocol/worker-channel.ts";
import type {
  FromWorker,
  LoadMessage,
  PrepareMessage,
  ReadyMessage,
  ReplyMessage,
  RunTexts,
  ToWorker,
} from "../../lib/protocol/worker-channel.ts";
import { shortageOf, tellsShortage } from "../../lib/shortage.ts";
import { hangLimitMs } from "../../lib/slowness.ts";
import { tetheredNode } from "../../lib/tether.ts";
import { OomWatch } from "./oom.ts";

/**
 * Why a worker process is no more. `killed` is a SIGKILL that neither combot nor the kernel's OOM killer sent: it says
 * nothing about the worker or its text. `refused`: the machine had no process, thread, file or memory for it, or it ended
 * before its program ran, which says nothing about the model. `late`: combot ended it, since it did not load in time.
 */
export type EndKind = "exit" | "signal" | "oom" | "killed" | "refused" | "late" | "ours";

export interface Ending {
  readonly kind: EndKind;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What happened, in words; the first cause where several followed. */
  readonly detail: string;
}

/** The process ended before it answered. */
export class WorkerEndedError extends Error {
  readonly ending: Ending;
  /** Something else was before it, or it was never sent: the process ended without having looked at it. */
  readonly untouched: boolean;
  constructor(ending: Ending, untouched = false) {
    super(`the worker ended: ${ending.detail}`);
    this.name = "WorkerEndedError";
    this.ending = ending;
    this.untouched = untouched;
  }
}

/** The worker answered that it could not; it lives on, unless it was its load that failed. */
export class WorkerFailedError extends Error {
  readonly invalid: boolean;
  constructor(detail: string, invalid: boolean) {
    super(detail);
    this.name = "WorkerFailedError";
    this.invalid = invalid;
  }
}

interface Pending {
  readonly id: number;
  readonly resolve: (message: FromWorker) => void;
  readonly reject: (error: Error) => void;
  /** The process was gone before it could get it. */
  isUnsent: boolean;
}

const CHILD_PATH = programFile("daemon/workers/child");

/**
 * glibc gives freed memory back to the kernel from 128 KiB on: what a big batch leaves drops from 352 to 82 MB. One arena,
 * and a young generation that holds next to nothing: 3.5 MB of each worker.
 */
const CHILD_ENV = { ORT_DISABLE_TELEMETRY: "1", MALLOC_ARENA_MAX: "1", MALLOC_TRIM_THRESHOLD_: "131072" };
const CHILD_FLAGS = ["--max-semi-space-size=1"];

/**
 * For a new process to begin with its program. It takes what Node's own start takes, 20 to 40 ms. One that can't have its
 * threads may hang there for good.
 */
const HELLO_MS = hangLimitMs(10_000);

/** A process whose channel broke has ended as a rule, and the kernel is about to tell how. */
const CHANNEL_GRACE_MS = hangLimitMs(1000);

/** The daemon's end of one worker process. It reports; what follows from a death is the pool's to decide. */
export class WorkerProcess {
  readonly pid: number;
  /** Settles once the kernel has reaped the process: its memory is back. */
  readonly ended: Promise<Ending>;
  /** Undefined where not even an attempt to start it could be made. */
  readonly #child: ChildProcess | undefined;
  readonly #oom: OomWatch;
  /** In the order asked, which is the order of the answers. */
  readonly #pending: Pending[] = [];
  #cause: { kind: EndKind; detail: string } | undefined;
  #ending: Ending | undefined;
  #saidHello = false;
  #isBroken = false;
  #runs = 0;

  /** Never throws: one that could not be started has ended. */
  constructor() {
    const child = forkChild();
    this.#child = child instanceof Error ? undefined : child;
    this.pid = this.#child?.pid ?? 0;
    this.#oom = new OomWatch(this.pid);
    putBehindLoop(this.pid);
    this.ended = child instanceof Error ? Promise.resolve(this.#endUnborn(child)) : this.#watch(child);
  }

  /** False from the moment its end is certain, before the kernel has reaped it. */
  get alive(): boolean {
    return this.#cause === undefined && this.#ending === undefined && !this.#isBroken;
  }

  /** @returns what loading took, and what came of it. @throws {WorkerFailedError | WorkerEndedError} */
  async load(message: Omit<LoadMessage, "type">): Promise<ReadyMessage> {
    const answer = await this.#ask(0, { type: "load", ...message });
    return answer.type === "ready" ? answer : this.#violated(answer);
  }

  /** Instead of a load: writes the optimised model and its weights. @returns how many shorter graphs. @throws as `load`. */
  async prepare(message: Omit<PrepareMessage, "type">): Promise<number> {
    const answer = await this.#ask(0, { type: "prepare", ...message });
    return answer.type === "prepared" ? answer.shorter : this.#violated(answer);
  }

  /** May be asked again before it has answered: it runs one after the other. @throws {WorkerFailedError | WorkerEndedError} */
  async run(texts: RunTexts): Promise<ReplyMessage> {
    this.#oom.look();
    const id = ++this.#runs;
    const answer = await this.#ask(id, { type: "run", id, ...texts });
    return answer.type === "reply" ? answer : this.#violated(answer);
  }

  /**
   * Ends a process that is needed no more. It isn't asked to end by itself: all that it holds is a copy, and its own
   * way out takes 15 to 18 ms where the kernel's takes 5 to 7.
   */
  end(): void {
    this.signal("SIGKILL", "not needed any more");
  }

  /** Ends it because it took too long; one whose program did not even begin waits for something of the machine's. */
  timeOut(detail: string): void {
    this.#cause ??= { kind: this.#saidHello ? "late" : "refused", detail };
    this.signal("SIGKILL", detail);
  }

  /** Ends it from outside; `detail` is why. */
  signal(signal: "SIGABRT" | "SIGKILL", detail: string): void {
    this.#cause ??= { kind: "ours", detail };
    // Without a process the system would take its number, 0, for everybody in this one's group.
    if (this.pid !== 0) this.#child?.kill(signal);
  }

  #watch(child: ChildProcess): Promise<Ending> {
    child.on("message", (raw) => this.#receive(raw));
    const seconds = Math.round(HELLO_MS / 1000);
    const silent = setTimeout(() => this.timeOut(`its program did not begin within ${seconds} s`), HELLO_MS);
    child.once("message", () => clearTimeout(silent));
    child.once("exit", () => clearTimeout(silent));
    return new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve(this.#end(code, signal)));
      child.on("error", (error) => {
        if (child.pid === undefined) resolve(this.#endUnborn(error));
        else this.#breakChannel(error);
      });
    });
  }

  #ask(id: number, message: ToWorker): Promise<FromWorker> {
    if (this.#ending) return Promise.reject(new WorkerEndedError(this.#ending));
    return new Promise((resolve, reject) => {
      const pending: Pending = { id, resolve, reject, isUnsent: false };
      const fail = (error: Error): void => {
        pending.isUnsent = true;
        this.#breakChannel(error);
      };
      this.#pending.push(pending);
      if (!this.#child?.connected) return fail(new Error("it is closed"));
      this.#child.send(message, (error) => void (error && fail(error)));
    });
  }

  /** One that died breaks its channel, and its end tells why; one that lives on without it is of no use. */
  #breakChannel(error: Error): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    const late = setTimeout(() => {
      this.#cause ??= { kind: "killed", detail: `its channel broke: ${error.message}` };
      this.signal("SIGKILL", error.message);
    }, CHANNEL_GRACE_MS);
    void this.ended.then(() => clearTimeout(late));
  }

  #receive(raw: unknown): void {
    if (this.#ending) return;
    const message = parseFromWorker(raw);
    if (!message) return this.signal("SIGKILL", "it sent a message outside the protocol");
    if (message.type === "hello") {
      if (message.protocol === WORKER_PROTOCOL) this.#saidHello = true;
      else this.signal("SIGKILL", `it speaks protocol ${message.protocol}, not ${WORKER_PROTOCOL}`);
      return;
    }
    const pending = this.#pending[0];
    if (!this.#saidHello || !pending || ("id" in message && message.id !== pending.id)) {
      return this.signal("SIGKILL", `it sent ${message.type} unasked`);
    }
    this.#pending.shift();
    if (message.type !== "failed") return pending.resolve(message);
    const { id, detail } = message;
    if (id === 0) this.#cause ??= { kind: tellsShortage(detail) ? "refused" : "exit", detail };
    pending.reject(new WorkerFailedError(message.detail, message.invalid));
  }

  #violated(answer: FromWorker): never {
    this.signal("SIGKILL", `it answered with ${answer.type}`);
    throw new WorkerFailedError(`the worker answered with ${answer.type}`, false);
  }

  #endUnborn(error: Error): Ending {
    const shortage = shortageOf(error);
    this.#cause ??= { kind: "refused", detail: `it could not be started: ${shortage ?? messageOf(error)}` };
    return this.#ending ?? this.#end(null, null);
  }

  #end(code: number | null, signal: NodeJS.Signals | null): Ending {
    const found = this.#cause ?? this.#causeOf(code, signal);
    this.#ending = { ...found, code, signal };
    for (const [at, { reject, isUnsent }] of this.#pending.splice(0).entries())
      reject(new WorkerEndedError(this.#ending, at > 0 || isUnsent));
    return this.#ending;
  }

  #causeOf(code: number | null, signal: NodeJS.Signals | null): { kind: EndKind; detail: string } {
    if (signal !== "SIGKILL") {
      const how = signal ? `it died of ${signal}` : `it exited with ${code}`;
      // Node aborts where it can't have its threads: what has not run yet can't have failed.
      if (!this.#saidHello) return { kind: "refused", detail: `${how} before its program ran` };
      const cannotBoot = code === WORKER_EXIT.cannotBoot ? " (it could not boot)" : "";
      return { kind: signal ? "signal" : "exit", detail: `${how}${cannotBoot}` };
    }
    // Where the kernel doesn't say, the worst is assumed.
    return (this.#oom.struck ?? true)
      ? { kind: "oom", detail: "the kernel killed it for want of memory" }
      : { kind: "killed", detail: "something outside combot killed it" };
  }
}

/** What the system refuses is told by an event, or thrown, as its code would have it. */
function forkChild(): ChildProcess | Error {
  try {
    return fork(CHILD_PATH, [], {
      serialization: "advanced",
      ...tetheredNode(CHILD_FLAGS),
      env: { ...childEnvironment(process.env), ...CHILD_ENV },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}

/** Credentials and connection strings are the daemon's: no worker gets to see them. */
function childEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "NODE_COMPILE_CACHE"];
  return Object.fromEntries(kept.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
