/** How long requests are begun in one turn of the event loop; the one that is over the limit is still done. */
const TURN_LIMIT_MS = 5;

let turn: Promise<void> | undefined;
let begunAtMs = 0;
const waiting: (() => void)[] = [];

/**
 * When what has come in by now has been read. Replies are sent together then, as Redis does it: a client with several
 * connections (a proxy, say) is woken once for all of them, and waking it is the dearest part of a write.
 */
export function endOfTurn(): Promise<void> {
  turn ??= begin();
  return turn;
}

/**
 * Undefined where there is time left in this turn of the event loop, else when it is one's own turn: a hundred clients
 * that send a megabyte each at the same moment must not hold up everybody until the last of them has been parsed.
 */
export function ownTurn(): Promise<void> | undefined {
  turn ??= begin();
  if (waiting.length === 0 && performance.now() - begunAtMs < TURN_LIMIT_MS) return undefined;
  return new Promise((resolve) => waiting.push(resolve));
}

function begin(): Promise<void> {
  begunAtMs = performance.now();
  return new Promise((resolve) => {
    setImmediate(() => {
      turn = undefined;
      // One of them, and then whoever has come meanwhile is read.
      const next = waiting.shift();
      if (next) {
        turn = begin();
        next();
      }
      resolve();
    });
  });
}
