import { serverTimingOf } from "../../../lib/protocol/call-timing.ts";
import { classifyBy } from "../classify-call.ts";
import { classifyJson } from "../classify-json.ts";
import { prioritised } from "../door.ts";
import type { Services } from "../services.ts";
import type { Routes } from "./route.ts";

const JSON_TYPE = "application/json; charset=utf-8";

export function classifyRoutes(services: Services): Routes<"classify"> {
  return {
    classify: async ({ body, hangUp, timing, admission }) => {
      const asked = prioritised(body, admission);
      const json = await classifyJson(await classifyBy(services, asked, hangUp, timing));
      const headers = { "content-type": JSON_TYPE, "server-timing": serverTimingOf(timing) };
      return { status: 200, headers, body: json };
    },
  };
}
