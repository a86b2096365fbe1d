import { expect, test } from "vitest";
import { Probes } from "../../../src/daemon/reports/probes.ts";
import type { Health } from "../../../src/lib/protocol/health.ts";

/** What each probe says where the daemon is as told. */
function words(probes: Probes): Record<string, string> {
  const answers = (["live", "ready", "startup"] as const).map((name) => [name, probes.answer(name)] as const);
  for (const [, { isFine, word }] of answers) expect(isFine).toBe(word === "ok");
  return Object.fromEntries(answers.map(([name, { word }]) => [name, word]));
}

test("a daemon's life: starting, serving, degraded, out of memory, stopping", () => {
  let status: Health["status"] = "unhealthy";
  const probes = new Probes(() => status);
  expect(words(probes)).toEqual({ live: "ok", ready: "starting", startup: "starting" });
  status = "ok";
  expect(words(probes)).toEqual({ live: "ok", ready: "ok", startup: "ok" });
  status = "degraded";
  expect(words(probes)).toEqual({ live: "ok", ready: "ok", startup: "ok" });
  status = "unhealthy";
  expect(words(probes)).toEqual({ live: "ok", ready: "unhealthy", startup: "ok" });
  status = "ok";
  probes.stop();
  expect(words(probes)).toEqual({ live: "ok", ready: "stopping", startup: "ok" });
});
