import { expect, test } from "vitest";
import { PLAIN } from "../../../src/lib/render/paint.ts";
import { renderWorkers } from "../../../src/lib/render/workers.ts";
import { PROCESS_STATUS, WORKER } from "../../support/sample-replies.ts";

test("counts stand beside their limits, and alone where a limit is off", () => {
  const limits = { ...PROCESS_STATUS.limits, maxUsers: 0, maxRequests: 1_500_000 };
  const workers = [{ ...WORKER, requests: 1_250_000 }];
  expect(renderWorkers({ ...PROCESS_STATUS, workers, limits }, PLAIN)).toMatchInlineSnapshot(`
    "SLOT     PID STATE GEN USERS  REQUESTS UPTIME     RSS     PSS DUE BY
       0 4194301 ready   4    12 1.3M/1.5M 3h 11m 404 MiB 318 MiB -"
  `);
});

test("a slot without a process has no figures of one", () => {
  const stopped = {
    ...WORKER,
    pid: null,
    state: "stopped",
    users: 0,
    requests: 0,
    rssBytes: null,
    pssBytes: null,
  } as const;
  expect(renderWorkers({ ...PROCESS_STATUS, workers: [stopped] }, PLAIN)).toMatchInlineSnapshot(`
    "SLOT PID STATE   GEN USERS REQUESTS UPTIME RSS PSS DUE BY
       0   - stopped   4  0/50   0/1000      -   -   - -"
  `);
});

test("no workers is said in words", () => {
  expect(renderWorkers({ ...PROCESS_STATUS, workers: [] }, PLAIN)).toBe("No workers.");
});
