import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { CombotError } from "../../../src/lib/errors.ts";
import { planFrom } from "../../../src/lib/perf/plan-input.ts";
import type { PlanInput } from "../../../src/lib/perf/plan-input.ts";
import { loadOf, orderOf } from "../../../src/lib/perf/plan.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const INPUT: PlanInput = {
  socketPath: "/run/combot/combot.sock",
  url: undefined,
  tokenFile: undefined,
  concurrency: 50,
  duration: "30s",
  warmUp: "3s",
  requests: undefined,
  rate: undefined,
  arrivals: "poisson",
  connections: undefined,
  users: undefined,
  texts: undefined,
  unique: false,
  model: undefined,
  timeout: 60,
  lifecycle: false,
  target: [],
  stages: undefined,
  abortOn: [],
  asLive: false,
  findMax: false,
  perUser: "2/min",
  repeat: 3,
  seed: 1,
};

test("is 50 at a time over the socket for 30 s, unless told otherwise", () => {
  const plan = planFrom(INPUT);
  expect(orderOf(plan)).toMatchObject({
    address: { path: "/run/combot/combot.sock" },
    open: null,
    concurrency: 50,
    users: 50,
    seconds: 30,
    warmUpSeconds: 3,
    requests: null,
    timeoutMs: 60_000,
  });
  expect(loadOf(plan)).toMatchObject({ loop: "closed", transport: "unix", ratePerSecond: null });
});

test("takes a rate, an address with its token, texts of one's own", () => {
  const folder = temporaryFolder();
  const [tokenFile, texts] = [join(folder, "token"), join(folder, "texts")];
  writeFileSync(tokenFile, "secret-of-32-bytes\n");
  writeFileSync(texts, "one\n\n  two  \nthree");
  const plan = planFrom({
    ...INPUT,
    rate: "2.5",
    arrivals: "even",
    connections: 50,
    url: "http://[::1]:8080",
    tokenFile,
    texts,
    duration: "2m",
  });
  expect(plan.address).toEqual({ host: "::1", port: 8080 });
  expect(plan.headers).toBe("authorization: Bearer secret-of-32-bytes\r\n");
  expect(plan.texts.texts).toEqual(["one", "two", "three"]);
  expect(plan.seconds).toBe(120);
  expect(loadOf(plan)).toMatchObject({
    loop: "open",
    ratePerSecond: 2.5,
    arrivals: "even",
    connections: 50,
    transport: "tcp",
  });
  expect(JSON.stringify(loadOf(plan))).not.toContain("secret");
});

test.each<[string, Partial<PlanInput>]>([
  ["--duration 5 minutes", { duration: "5 minutes" }],
  ["--duration 0s", { duration: "0s" }],
  ["--warm-up -1s", { warmUp: "-1s" }],
  ["--rate", { rate: "0" }],
  ["--rate", { rate: "fast" }],
  ["--connections", { connections: 10 }],
  ["--url", { url: "https://localhost:1" }],
  ["--url", { url: "localhost:1" }],
  ["--url", { url: "http://localhost:1/api" }],
  ["--token-file", { tokenFile: "/nowhere" }],
  ["--token-file", { tokenFile: "/nowhere", url: "http://localhost:1" }],
  ["--texts", { texts: "/nowhere" }],
  ["--texts", { texts: "/dev/null" }],
  ["--target", { target: ["p99=fast"] }],
])("refuses %s %j by name", (flag, input) => {
  const told = expect.stringContaining(flag) as string;
  const refusal = expect.objectContaining({ code: "USAGE", message: told }) as CombotError;
  expect(() => planFrom({ ...INPUT, ...input })).toThrow(refusal);
});
