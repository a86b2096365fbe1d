import { expect, onTestFinished, test } from "vitest";
import type { Answer } from "../../../src/lib/hosts/remote.ts";
import { HostsWatch } from "../../../src/lib/hosts/watch.ts";

const ANSWER: Answer = { kind: "answer", exit: 0, document: { daemon: { state: "up" } } };
const GONE: Answer = { kind: "unreachable", why: "no route" };
const LIMITS = { intervalMs: 10, atOnce: 1, failingAtOnce: 1, patienceMs: 20 };

function watchOf(hosts: readonly string[], ask: (host: string) => Promise<Answer>): HostsWatch {
  const now = (): number => performance.now();
  const watch = new HostsWatch({ hosts, ask, limits: LIMITS, now, onTick: () => undefined });
  onTestFinished(() => watch.stop());
  watch.start();
  return watch;
}

test("a host that hangs is asked once, and the others again and again; what it said last stays known", async () => {
  const asked = { hangs: 0, answers: 0, fails: 0 };
  const never = Promise.withResolvers<Answer>();
  const watch = watchOf(["hangs", "answers", "fails"], async (host) => {
    asked[host as keyof typeof asked] += 1;
    if (host === "hangs") return asked.hangs === 1 ? ANSWER : never.promise;
    if (host === "fails") return asked.fails === 1 ? ANSWER : GONE;
    return ANSWER;
  });
  await expect.poll(() => asked.answers > 4 && asked.fails > 4, { timeout: 10_000 }).toBe(true);
  expect(asked.hangs).toBe(2);
  const [hangs, answers, fails] = watch.view.hosts;
  expect(hangs).toMatchObject({ answer: ANSWER, failure: null, askedAtMs: expect.any(Number) as number });
  expect(answers).toMatchObject({ answer: ANSWER, failure: null });
  expect(fails).toMatchObject({ answer: ANSWER, failure: GONE });
});

test("it is settled once each has answered or failed, and not before", async () => {
  const last = Promise.withResolvers<Answer>();
  const watch = watchOf(["a", "b"], (host) => (host === "a" ? Promise.resolve(GONE) : last.promise));
  let isSettled = false;
  void watch.settled.then(() => (isSettled = true));
  await expect.poll(() => watch.view.hosts[0]?.failure, { timeout: 10_000 }).toEqual(GONE);
  await expect.poll(() => watch.view.hosts[1]?.askedAtMs, { timeout: 10_000 }).not.toBeNull();
  expect(isSettled).toBe(false);
  last.resolve(ANSWER);
  expect((await watch.settled).hosts.map(({ answer }) => answer)).toEqual([null, ANSWER]);
});
