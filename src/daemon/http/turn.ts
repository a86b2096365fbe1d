let turn: Promise<void> | undefined;

/**
 * When what has come in by now has been read. Replies are sent together then, as Redis does it: a client with several
 * connections (a proxy, say) is woken once for all of them, and waking it is the dearest part of a write.
 */
export function endOfTurn(): Promise<void> {
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = undefined;
      resolve();
    });
  });
  return turn;
}
