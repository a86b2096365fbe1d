import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Decisions } from "../../../src/daemon/governor/decisions.ts";
import { EventHub } from "../../../src/daemon/reports/event-hub.ts";
import type { Listener } from "../../../src/daemon/reports/event-hub.ts";
import { EventText } from "../../../src/lib/client/event-text.ts";
import type { Sample } from "../../../src/lib/protocol/events.ts";
import { SAMPLE } from "../../support/sample-replies.ts";

const LEVEL = {
  action: "level",
  reason: "high",
  measured: 0.9,
  threshold: 0.85,
  freedBytes: null,
  durationMs: 0,
} as const;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Writes down what it is told. */
class Recorder implements Listener {
  behindBytes = 0;
  end = vi.fn<() => void>();
  cut = vi.fn<() => void>();
  readonly text = new EventText();
  readonly events: string[] = [];
  #gone: () => void = () => undefined;

  send(chunk: Buffer): void {
    for (const { event } of this.text.push(chunk.toString())) {
      this.events.push(event === "decision" ? `${event} ${this.text.lastEventId}` : event);
    }
  }

  onGone(callback: () => void): void {
    this.#gone = callback;
  }

  go(): void {
    this.#gone();
  }
}

function startHub(sample: () => Promise<Sample> = async () => SAMPLE) {
  const decisions = new Decisions({ clock: () => new Date(), onFailure: () => undefined });
  const taken = vi.fn<() => Promise<Sample>>(sample);
  const onFailure = vi.fn<(error: unknown) => void>();
  const hub = new EventHub({ decisions, sample: taken, onFailure });
  const join = (lastEventId?: string): Recorder => {
    const listener = new Recorder();
    hub.listen(listener, lastEventId);
    return listener;
  };
  return { hub, decisions, taken, onFailure, join };
}

describe("samples", () => {
  test("come at once and then every second, one for all who listen, and none when nobody does", async () => {
    const { taken, join } = startHub();
    await vi.advanceTimersByTimeAsync(5000);
    expect(taken).not.toHaveBeenCalled();
    const listeners = [join(), join(), join()];
    await vi.advanceTimersByTimeAsync(2000);
    expect(taken).toHaveBeenCalledTimes(3);
    for (const { events } of listeners) expect(events).toEqual(["sample", "sample", "sample"]);
    for (const listener of listeners) listener.go();
    await vi.advanceTimersByTimeAsync(5000);
    expect(taken).toHaveBeenCalledTimes(3);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("don't overlap, and one that fails is told of and followed by others", async () => {
    const first = Promise.withResolvers<Sample>();
    let count = 0;
    const { taken, onFailure, join } = startHub(() => (++count === 1 ? first.promise : Promise.resolve(SAMPLE)));
    const { events } = join();
    await vi.advanceTimersByTimeAsync(3000);
    expect(taken).toHaveBeenCalledTimes(1);
    first.reject(new Error("no /proc"));
    await vi.advanceTimersByTimeAsync(1000);
    expect(onFailure).toHaveBeenCalledTimes(1);
    expect(events).toEqual(["sample"]);
  });
});

describe("decisions", () => {
  test("come as they happen, with their ids", () => {
    const { decisions, join } = startHub();
    const { events } = join();
    const { id } = decisions.record(LEVEL);
    expect(events).toEqual([`decision ${id}`]);
  });

  test("that were missed come first, whoever's id it was", () => {
    const { decisions, join } = startHub();
    const [first, second, third] = [decisions.record(LEVEL), decisions.record(LEVEL), decisions.record(LEVEL)];
    expect(join(first.id).events).toEqual([`decision ${second.id}`, `decision ${third.id}`]);
    expect(join(third.id).events).toEqual([]);
    expect(join("0").events).toHaveLength(3);
    expect(join("0000000000-000001").events).toHaveLength(3);
    expect(join().events).toEqual([]);
  });

  test("are numbered for those who have seen none, so that they can ask for what they miss", () => {
    const { decisions, join } = startHub();
    expect(join().text.lastEventId).toBe("0");
    const { id } = decisions.record(LEVEL);
    expect(join().text.lastEventId).toBe(id);
  });
});

describe("listeners", () => {
  test("are 16 at most; the next one may come when one has gone", () => {
    const { join } = startHub();
    const [first] = Array.from({ length: 16 }, () => join());
    expect(() => join()).toThrow(expect.objectContaining({ code: "TOO_MANY_LISTENERS", retryAfterSeconds: 5 }));
    first?.go();
    expect(() => join()).not.toThrow();
  });

  test("that fall more than 64 KiB behind are cut, and the others go on", () => {
    const { decisions, join } = startHub();
    const [slow, other] = [join(), join()];
    slow.behindBytes = 64 * 1024;
    decisions.record(LEVEL);
    expect(slow.events).toHaveLength(1);
    slow.behindBytes += 1;
    decisions.record(LEVEL);
    decisions.record(LEVEL);
    expect(slow.events).toHaveLength(1);
    expect(slow.cut).toHaveBeenCalledTimes(1);
    expect(other.events).toHaveLength(3);
  });

  test("are ended in order when the daemon stops, and no new one is taken", async () => {
    const { hub, decisions, taken, join } = startHub();
    const listeners = [join(), join()];
    hub.close();
    for (const { end, cut } of listeners) {
      expect(end).toHaveBeenCalledTimes(1);
      expect(cut).not.toHaveBeenCalled();
    }
    decisions.record(LEVEL);
    await vi.advanceTimersByTimeAsync(5000);
    expect(listeners.map(({ events }) => events)).toEqual([[], []]);
    expect(taken).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
    expect(() => join()).toThrow(expect.objectContaining({ code: "SHUTTING_DOWN" }));
  });
});
