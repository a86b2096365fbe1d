/** As a shell reports a process that died of the signal. */
const EXIT_BY_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof EXIT_BY_SIGNAL;
const STOP_SIGNALS = Object.keys(EXIT_BY_SIGNAL) as StopSignal[];

/** From here on this process ends at once where it is told to, and where nobody reads it any more. */
export function endAsAskedTo(): void {
  for (const signal of STOP_SIGNALS) process.once(signal, stop);
  for (const stream of [process.stdout, process.stderr]) stream.prependListener("error", endQuietly);
}

/** For what has an orderly way to stop of its own. */
export function leaveSignals(): void {
  for (const signal of STOP_SIGNALS) process.removeListener(signal, stop);
}

function stop(signal: StopSignal): never {
  process.exit(EXIT_BY_SIGNAL[signal]);
}

/** Whoever read us has gone (`| head`), which is his right: no message, and the status we would have ended with. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit();
}
