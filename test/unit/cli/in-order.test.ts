import { describe, expect, test } from "vitest";
import { inOrder } from "../../../src/lib/cli/in-order.ts";

/** Items that tell how many of them were asked for, and end only when stopped. */
class Source {
  asked = 0;
  readonly #end = Promise.withResolvers<never>();

  async *[Symbol.asyncIterator](): AsyncGenerator<number, void> {
    for (let item = 0; item < 10; item += 1) {
      this.asked += 1;
      yield item;
    }
    await this.#end.promise;
  }

  readonly stop = (reason: unknown): void => this.#end.reject(reason);
}

async function* upTo(count: number): AsyncGenerator<number, void> {
  for (let item = 0; item < count; item += 1) yield item;
}

/** Lets everything run that waits for nothing but promises. */
function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

describe("inOrder", () => {
  test("hands on in the order of the items, whichever is done first", async () => {
    const works = Array.from({ length: 4 }, () => Promise.withResolvers<string>());
    const got: string[] = [];
    const work = (item: number): Promise<string> => works[item]?.promise ?? Promise.resolve("");
    const take = async (result: string): Promise<void> => void got.push(result);
    const done = inOrder(upTo(4), 4, work, take, () => {});
    for (const [item, { resolve }] of [...works.entries()].toReversed()) resolve(`result ${item}`);
    await done;
    expect(got).toEqual(["result 0", "result 1", "result 2", "result 3"]);
  });

  test("asks for no more than its limit while nothing is handed on", async () => {
    const source = new Source();
    const never = new Promise<void>(() => {});
    void inOrder(
      source,
      3,
      async (item) => item,
      () => never,
      source.stop,
    );
    await settled();
    expect(source.asked).toBe(3);
  });

  test("a failure ends a source that waits, after what came before it", async () => {
    const source = new Source();
    const got: number[] = [];
    const work = async (item: number): Promise<number> => {
      if (item === 9) throw new Error("broken");
      return item;
    };
    const take = async (item: number): Promise<void> => void got.push(item);
    await expect(inOrder(source, 20, work, take, source.stop)).rejects.toThrow("broken");
    expect(got).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });
});
