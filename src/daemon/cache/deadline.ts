/**
 * The same promise, refused when it takes longer. Before it is, whatever has come in meanwhile is read: timers come
 * first in a turn of the event loop, so in a busy process they would win over an answer that is there.
 */
export function withDeadline<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error(`no answer within ${ms} ms`));
    const timer = setTimeout(() => setImmediate(late), ms);
    promise.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}
