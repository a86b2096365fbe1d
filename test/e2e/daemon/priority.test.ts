import { beforeAll, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { ClassifyReply, ClassifyRequest } from "../../../src/lib/protocol/classify.ts";
import type { MetricsReport } from "../../../src/lib/protocol/metrics.ts";
import type { Problem } from "../../../src/lib/protocol/problem.ts";
import type { ProcessStatus } from "../../../src/lib/protocol/process.ts";
import { requireBuild, runCli } from "../cli/cli-process.ts";

beforeAll(requireBuild);

const SOON = { timeout: 15_000, interval: 5 };

test(
  "batch calls take what others leave: they stand behind them, and leave a full queue for them",
  { timeout: 90_000 },
  async () => {
    const env = { WORKERS: "1", QUEUE_MAX_TEXTS: "40", REQUEST_TIMEOUT: "60", DATABASE_URL: "off", MAX_REQUESTS: "0" };
    const daemon = await PrivateDaemon.start({ env });
    onTestFinished(() => daemon.stop().then(() => undefined));
    const { workers } = await daemon.json<ProcessStatus>("GET", "/api/process/status/");
    const worker = workers[0]?.pid ?? 0;
    // Nothing moves until all stand where they are to.
    process.kill(worker, "SIGSTOP");
    onTestFinished(() => {
      try {
        process.kill(worker, "SIGCONT");
      } catch {
        // It has gone with its daemon.
      }
    });

    const ended: string[] = [];
    const ask = async (name: string, count: number, more: Partial<ClassifyRequest> = {}) => {
      const texts = Array.from({ length: count }, (_, at) => `where is order ${name} ${at}?`);
      const reply = await daemon.ask("POST", "/api/classify/", { texts, ...more });
      ended.push(`${name} ${reply.status}`);
      return { headers: reply.headers, body: JSON.parse(reply.text) as ClassifyReply & Problem };
    };
    const waiting = async (count: number): Promise<void> =>
      expect
        .poll(async () => (await daemon.json<MetricsReport>("GET", "/api/metrics/")).queue.waiting, SOON)
        .toBe(count);
    const batch = { priority: "batch" } as const;

    const first = ask("first", 1);
    const isBusy = async (): Promise<boolean> =>
      (await daemon.json<ProcessStatus>("GET", "/api/process/status/")).workers[0]?.state === "busy";
    await expect.poll(isBusy, SOON).toBe(true);
    const nightly = ask("nightly", 20, batch);
    await waiting(20);
    const weekly = ask("weekly", 20, batch);
    await waiting(40);

    const equal = ask("equal", 1, { texts: ["where is order nightly 0?"] });
    const left = await weekly;
    expect([ended, left.body.code, left.body.detail]).toEqual([
      ["weekly 503"],
      "QUEUE_FULL",
      expect.stringContaining("interactive"),
    ]);
    expect(Number(left.headers["retry-after"])).toBeGreaterThan(0);
    await waiting(21);
    const shop = ask("shop", 19);
    // Where so many wait, eight of them wait in the worker.
    await waiting(32);
    const more = ask("more", 8);
    await waiting(40);
    await Promise.all([ask("late", 1, batch), ask("many", 21)]);
    expect(ended.toSorted()).toEqual(["late 503", "many 503", "weekly 503"]);
    await waiting(40);

    process.kill(worker, "SIGCONT");
    await Promise.all([first, nightly, equal, shop, more]);
    expect(ended.slice(3).toSorted()).toEqual(["equal 200", "first 200", "more 200", "nightly 200", "shop 200"]);
    expect(ended.at(-1)).toBe("nightly 200");
    // It did not wait for the batch call's computation of the same text.
    expect((await equal).body.results[0]).toEqual({
      label: expect.any(String),
      score: expect.any(Number),
      cached: false,
    });

    const again = await runCli([
      "classify",
      "where is order nightly 1?",
      "--batch",
      "--json",
      "--socket",
      daemon.socketPath,
    ]);
    expect(JSON.parse(again.stdout)).toMatchObject({ results: [{ cached: "memory" }] });
    const page = (await daemon.ask("GET", "/metrics")).text;
    const figure = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(page)?.[1]);
    expect(figure("combot_priority_batch_gave_way_calls")).toBe(1);
    expect(figure("combot_priority_batch_waiting_texts")).toBe(0);
    // nightly, and the one over the command line.
    expect(figure("combot_priority_batch_duration_seconds_count")).toBe(2);
    // first, equal, shop and more.
    expect(figure('combot_request_duration_seconds_count\\{class="computed"\\}')).toBe(4);
    expect(figure("combot_requests_total")).toBe(9);
  },
);
