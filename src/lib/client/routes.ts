import type { EndpointName, ENDPOINTS } from "../protocol/endpoints.ts";

type RouteOf<N extends EndpointName> = Pick<(typeof ENDPOINTS)[N], "method" | "path" | "access">;

/** ENDPOINTS without its schemas, and so without zod, which takes 60 ms to load. The compiler keeps the two equal. */
export const ROUTES = {
  classify: { method: "POST", path: "/api/classify/", access: "user" },
  health: { method: "GET", path: "/api/health/", access: "user" },
  memory: { method: "GET", path: "/api/memory/", access: "control" },
  metrics: { method: "GET", path: "/api/metrics/", access: "user" },
  metricsHistory: { method: "GET", path: "/api/metrics/history/", access: "user" },
  moment: { method: "GET", path: "/api/moment/", access: "control" },
  cacheStats: { method: "GET", path: "/api/cache/stats/", access: "user" },
  cacheRead: { method: "GET", path: "/api/cache/{namespace}/{key}/", access: "user" },
  cacheWrite: { method: "PUT", path: "/api/cache/{namespace}/{key}/", access: "user" },
  cacheRemove: { method: "DELETE", path: "/api/cache/{namespace}/{key}/", access: "user" },
  redisStatus: { method: "GET", path: "/api/redis/status/", access: "control" },
  warm: { method: "POST", path: "/api/warm/", access: "control" },
  cleanup: { method: "POST", path: "/api/cleanup/", access: "control" },
  decisions: { method: "GET", path: "/api/decisions/", access: "control" },
  alerts: { method: "GET", path: "/api/alerts/", access: "control" },
  events: { method: "GET", path: "/api/events/", access: "control" },
  processStatus: { method: "GET", path: "/api/process/status/", access: "control" },
  processLife: { method: "GET", path: "/api/process/life/", access: "control" },
  recycle: { method: "POST", path: "/api/process/recycle/", access: "control" },
  modelLoad: { method: "POST", path: "/api/model/load/", access: "control" },
  modelUnload: { method: "POST", path: "/api/model/unload/", access: "control" },
  modelUse: { method: "PUT", path: "/api/model/", access: "control" },
  models: { method: "GET", path: "/api/models/", access: "user" },
  modelsRescan: { method: "POST", path: "/api/model/rescan/", access: "control" },
  shadow: { method: "GET", path: "/api/model/shadow/", access: "control" },
  shadowStart: { method: "POST", path: "/api/model/shadow/", access: "control" },
  shadowStop: { method: "DELETE", path: "/api/model/shadow/", access: "control" },
  namedLoad: { method: "POST", path: "/api/models/{name}/load/", access: "control" },
  namedUnload: { method: "POST", path: "/api/models/{name}/unload/", access: "control" },
  namedPin: { method: "POST", path: "/api/models/{name}/pin/", access: "control" },
  namedUnpin: { method: "POST", path: "/api/models/{name}/unpin/", access: "control" },
  namedPut: { method: "PUT", path: "/api/models/{name}/", access: "control" },
  namedRemove: { method: "DELETE", path: "/api/models/{name}/", access: "control" },
  inbox: { method: "GET", path: "/api/inbox/", access: "control" },
  inboxLabel: { method: "POST", path: "/api/inbox/label/", access: "control" },
  inboxForget: { method: "POST", path: "/api/inbox/forget/", access: "control" },
  backups: { method: "GET", path: "/api/backup/", access: "control" },
  backup: { method: "POST", path: "/api/backup/", access: "control" },
  restore: { method: "POST", path: "/api/restore/", access: "control" },
  config: { method: "GET", path: "/api/config/", access: "control" },
} as const satisfies { readonly [N in EndpointName]: RouteOf<N> };

export type Route = (typeof ROUTES)[EndpointName];
