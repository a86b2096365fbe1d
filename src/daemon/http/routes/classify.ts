import { serverTimingOf } from "../../../lib/protocol/call-timing.ts";
import { classifyBy } from "../classify-call.ts";
import { classifyJson } from "../classify-json.ts";
import { prioritised } from "../door.ts";
import { asked } from "../test-call.ts";
import type { Services } from "../services.ts";
import type { Routes } from "./route.ts";

const JSON_TYPE = "application/json; charset=utf-8";

export function classifyRoutes(services: Services): Routes<"classify" | "testMark"> {
  return {
    testMark: async () => ({ status: 200, body: services.testMark() }),
    classify: async ({ body, headers: sent, hangUp, timing, admission }) => {
      const call = asked(prioritised(body, admission), sent, services);
      const json = await classifyJson(await classifyBy(services, call, hangUp, timing));
      const headers = { "content-type": JSON_TYPE, "server-timing": serverTimingOf(timing) };
      return { status: 200, headers, body: json };
    },
  };
}
