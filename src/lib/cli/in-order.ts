/**
 * Works on `limit` items at once and hands on what comes of them in the order of the items. The next item is asked for
 * only when fewer than `limit` are unfinished or not handed on, so that neither a slow worker nor a slow taker lets
 * anything pile up.
 *
 * @param stop called once at the first failure: it must end `items`, which may be waiting for input that never comes.
 */
export async function inOrder<I, O>(
  items: AsyncIterable<I>,
  limit: number,
  work: (item: I) => Promise<O>,
  handOn: (result: O) => Promise<void>,
  stop: (reason: unknown) => void,
): Promise<void> {
  const unfinished: Promise<void>[] = [];
  let last = Promise.resolve();
  for await (const item of items) {
    const result = work(item);
    // The chain below sees a failure only when all before it has been handed on; until then it is not unhandled.
    result.catch(() => {});
    last = afterwards(last, result, handOn);
    last.catch(stop);
    unfinished.push(last);
    if (unfinished.length >= limit) await unfinished.shift();
  }
  await last;
}

async function afterwards<O>(
  previous: Promise<void>,
  result: Promise<O>,
  handOn: (result: O) => Promise<void>,
): Promise<void> {
  await previous;
  await handOn(await result);
}
