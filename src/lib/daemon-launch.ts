import { resolve } from "node:path";
import { packageFile } from "./package-files.ts";

/** What `combot daemon` was given: settings by the variable they set, and the file to read the others from. */
export type GivenFlags = Readonly<Record<string, string | undefined>>;

const LAUNCHER = packageFile("bin/daemon.js");

/**
 * Room for young objects, so that what a request needs is dead before it is moved to the old ones, and an old heap that
 * is collected before it has grown by more than a tenth. `--optimize-for-size` takes 20 MB less under load, and twice
 * the CPU: it collects 50 times a second. Without pretenuring, because an object that V8 guesses will live long is born
 * old, and keeps a whole dead request until the next full collection. One thread beside the loop's own collects and
 * compiles: the four that Node has by default took longer for the same on two cores, which workers want as well. What
 * was compiled for the start alone goes at the second full collection that finds it unused: 4 MB of an idle daemon.
 */
const NODE_FLAGS = [
  "--max-semi-space-size=8",
  "--heap-growing-percent=10",
  "--no-allocation-site-pretenuring",
  "--v8-pool-size=1",
  "--bytecode-old-age=1",
  "--flush-baseline-code",
];

/**
 * As the unit sets it: what a thread that ended or a burst leaves goes back to the kernel, 2 MB of an idle daemon; and
 * threads that hardly ever allocate at once share one arena, 1 MB.
 */
const MALLOC = { MALLOC_TRIM_THRESHOLD_: "131072", MALLOC_ARENA_MAX: "1" };

/** Flags of the command whose values are paths, and what each sets: the daemon's working folder is not this shell's. */
const PATHS = {
  "env-file": "envFile",
  socket: "COMBOT_SOCKET",
  "state-dir": "COMBOT_STATE_DIR",
  model: "COMBOT_MODEL_DIR",
} as const;

/** @param flags by the names they have on the command line. */
export function pathsAmong(flags: Readonly<Record<string, unknown>>): GivenFlags {
  return Object.fromEntries(
    Object.entries(PATHS).flatMap(([flag, setting]) => {
      const path = flags[flag];
      return typeof path === "string" ? [[setting, resolve(path)]] : [];
    }),
  );
}

export function isPath(flag: string): boolean {
  return Object.hasOwn(PATHS, flag);
}

/**
 * Replaces this process by the daemon's: the same PID, which is what systemd watches, without the CLI's 30 MB. Sockets
 * handed over by systemd would not live through it, since Node marks inherited descriptors close-on-exec at its start.
 * Returns then, or where Node can't.
 */
export function becomeDaemon(flags: GivenFlags, json: boolean): void {
  if (!process.execve || process.env["LISTEN_FDS"] !== undefined) return;
  const args = [process.execPath, ...NODE_FLAGS, LAUNCHER, JSON.stringify(flags), ...(json ? ["--json"] : [])];
  process.execve(process.execPath, args, { ...MALLOC, ...process.env });
}
