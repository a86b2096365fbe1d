/** Much less than what a caller would notice, and enough that ordinary work is done in one. */
const TURN_MS = 2;

/** Those whose next turn is to come, oldest first. */
const waiting: (() => void)[] = [];

/** One in each turn of the event loop: ten that all took theirs in the same one would hold it for ten. */
function release(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(release);
}

/** A turn for a step of long work. Resolves when it has come; of all that wait, one gets each turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(release);
  });
}

/** Long work in short turns of the event loop, so that everybody else's gets done in between. */
export class Turns {
  #endsMs = performance.now() + TURN_MS;

  /** Asked between the steps of the work; `next` is to be awaited then. */
  get isOver(): boolean {
    return performance.now() > this.#endsMs;
  }

  async next(): Promise<void> {
    await nextTurn();
    this.#endsMs = performance.now() + TURN_MS;
  }
}
