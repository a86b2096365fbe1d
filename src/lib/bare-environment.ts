const KEPT = ["PATH", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "NODE_COMPILE_CACHE"];

/** Nothing but what a program needs to run: credentials are the daemon's. */
export function bareEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    KEPT.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
