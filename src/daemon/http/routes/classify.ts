import { classifyJson } from "../classify-json.ts";
import type { Services } from "../services.ts";
import type { Routes } from "./route.ts";

const HEADERS = { "content-type": "application/json; charset=utf-8" };

export function classifyRoutes(services: Services): Routes<"classify"> {
  return {
    classify: async ({ body, hangUp }) => {
      const json = await classifyJson(await services.classify(body, hangUp));
      return { status: 200, headers: HEADERS, body: json };
    },
  };
}
