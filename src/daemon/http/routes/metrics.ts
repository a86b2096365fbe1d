import { prefersText } from "../accept.ts";
import type { Services } from "../services.ts";
import type { Answer, Routes } from "./route.ts";

const VARIES = { vary: "accept" };

export function metricsRoutes(services: Services): Routes<"metrics" | "metricsHistory" | "moment" | "frequentTexts"> {
  return {
    frequentTexts: async ({ query }) => ({ status: 200, body: await services.frequentTexts(query) }),
    metricsHistory: async ({ query }) => ({ status: 200, body: await services.history(query) }),
    moment: async ({ query }) => ({ status: 200, body: await services.moment(query) }),
    metrics: async ({ accept }) => {
      if (!prefersText(accept)) return { status: 200, body: await services.metrics(), headers: VARIES };
      const page = await prometheusPage(services);
      return { ...page, headers: { ...page.headers, ...VARIES } };
    },
  };
}

/** The metrics as Prometheus reads them. */
export async function prometheusPage(services: Services): Promise<Answer<Buffer>> {
  const { contentType, body } = await services.prometheus();
  return { status: 200, body, headers: { "content-type": contentType } };
}
