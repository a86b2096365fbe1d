import { describe, expect, test } from "vitest";
import { Decisions } from "../../../src/daemon/governor/decisions.ts";
import type { DecisionSink, NewDecision } from "../../../src/daemon/governor/decisions.ts";
import { decision as schema } from "../../../src/lib/protocol/decisions.ts";
import type { Decision } from "../../../src/lib/protocol/decisions.ts";

const STARTED = new Date("2026-01-02T03:04:05.678Z");

const decision = (reason: string): NewDecision => ({
  action: "hold",
  reason,
  measured: 0.9,
  threshold: 0.9,
  freedBytes: null,
  durationMs: 0,
});

function decisionsAt(clock: () => Date, sinks: readonly DecisionSink[] = [], failures: unknown[] = []): Decisions {
  return new Decisions({ clock, onFailure: (error) => void failures.push(error) }, sinks);
}

function recorded(count: number, startedAt = STARTED): { decisions: Decisions; all: Decision[] } {
  const decisions = decisionsAt(() => startedAt);
  return { decisions, all: Array.from({ length: count }, (_, index) => decisions.record(decision(`r${index}`))) };
}

describe("ids", () => {
  test("are unique, and sort as they were made", () => {
    const ids = recorded(5000).all.map(({ id }) => id);
    expect(new Set(ids).size).toBe(5000);
    expect(ids.toSorted()).toEqual(ids);
  });

  test("of a later run sort behind those of an earlier one, however many that made", () => {
    const last = recorded(3000).all.at(-1)!;
    const [first] = recorded(1, new Date(STARTED.getTime() + 1)).all;
    expect(last.id < first!.id).toBe(true);
    const [ancient] = recorded(1, new Date(0)).all;
    const [distant] = recorded(1, new Date("2200-01-01")).all;
    expect([ancient!.id < last.id, last.id < distant!.id]).toEqual([true, true]);
  });
});

test("what is recorded is what the API may show", () => {
  const { all } = recorded(1);
  expect(schema.parse(all[0])).toEqual(all[0]);
});

describe("what is kept", () => {
  test("the last thousand", () => {
    const { decisions } = recorded(1003);
    const kept = decisions.list({ limit: 2000 });
    expect([kept.length, kept[0]?.reason, kept.at(-1)?.reason]).toEqual([1000, "r3", "r1002"]);
  });

  test("the newest are listed, 100 unless told, oldest first", () => {
    const { decisions } = recorded(300);
    expect(decisions.list({}).map(({ reason }) => reason)).toEqual(
      Array.from({ length: 100 }, (_, index) => `r${200 + index}`),
    );
    expect(decisions.list({ limit: 2 }).map(({ reason }) => reason)).toEqual(["r298", "r299"]);
  });
});

describe("since", () => {
  test("lists later ones alone, the newest of them where there are more than asked for", () => {
    let now = STARTED;
    const decisions = decisionsAt(() => now);
    const times = [0, 1000, 2000, 3000].map((ms) => {
      now = new Date(STARTED.getTime() + ms);
      return decisions.record(decision(`at ${ms}`)).at;
    });
    const reasons = (since: string, limit?: number): string[] =>
      decisions.list({ since, limit }).map(({ reason }) => reason);
    expect(times[1]).toBe("2026-01-02T03:04:06.678Z");
    expect(reasons(times[1]!)).toEqual(["at 2000", "at 3000"]);
    expect(reasons(times[0]!, 2)).toEqual(["at 2000", "at 3000"]);
    expect(reasons(times[3]!)).toEqual([]);
    expect(reasons("2026-01-02T04:04:06.678+01:00")).toEqual(["at 2000", "at 3000"]);
  });
});

describe("sinks", () => {
  test("each is told of every decision, from when it was added until it is removed", () => {
    const heard: string[] = [];
    const sink = (name: string) => ({ keep: ({ reason }: Decision) => void heard.push(`${name} ${reason}`) });
    const decisions = decisionsAt(() => STARTED, [sink("first")]);
    decisions.record(decision("a"));
    const remove = decisions.addSink(sink("second"));
    decisions.record(decision("b"));
    remove();
    decisions.record(decision("c"));
    expect(heard).toEqual(["first a", "first b", "second b", "first c"]);
  });

  test("removing one twice removes no other", () => {
    const heard: string[] = [];
    const decisions = decisionsAt(() => STARTED);
    const remove = decisions.addSink({ keep: () => undefined });
    decisions.addSink({ keep: ({ reason }) => void heard.push(reason) });
    remove();
    remove();
    decisions.record(decision("a"));
    expect(heard).toEqual(["a"]);
  });

  test("one that throws is told of, and keeps it neither from the others nor from the list", () => {
    const heard: string[] = [];
    const failures: unknown[] = [];
    const broken: DecisionSink = {
      keep: () => {
        throw new Error("disk full");
      },
    };
    const decisions = decisionsAt(() => STARTED, [broken], failures);
    decisions.addSink({ keep: ({ reason }) => void heard.push(reason) });
    decisions.record(decision("a"));
    expect(heard).toEqual(["a"]);
    expect(decisions.list({})).toHaveLength(1);
    expect(failures).toMatchObject([{ message: "disk full" }]);
  });
});
