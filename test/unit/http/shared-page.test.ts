import { expect, test } from "vitest";
import { SharedPage } from "../../../src/daemon/http/shared-page.ts";

/** A page that takes 5 ms of a clock that is moved by hand, and counts how often it was made. */
function pageAt(clock: { ms: number }): { readonly page: SharedPage<number>; readonly made: () => number } {
  let made = 0;
  const make = async (): Promise<number> => {
    clock.ms += 5;
    return ++made;
  };
  return { page: new SharedPage(make, () => clock.ms), made: () => made };
}

test("all who ask while it is made share it, and who ask within ten times as long", async () => {
  const clock = { ms: 0 };
  const { page } = pageAt(clock);
  expect(await Promise.all(Array.from({ length: 100 }, () => page.get()))).toEqual(Array(100).fill(1));
  clock.ms = 5 + 49;
  expect(await page.get()).toBe(1);
  clock.ms = 5 + 50;
  expect(await page.get()).toBe(2);
});

test("a failure is told to those who waited for it, and the next one tries again", async () => {
  let tries = 0;
  const page = new SharedPage(
    async () => {
      if (++tries === 1) throw new Error("not now");
      return "made";
    },
    () => 0,
  );
  const both = await Promise.allSettled([page.get(), page.get()]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await page.get()).toBe("made");
  expect(tries).toBe(2);
});
