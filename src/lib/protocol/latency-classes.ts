/** Where an answer came from. Apart from the schemas, so that the journal's thread needs no zod. */
export const LATENCY_CLASSES = ["memory", "redis", "computed"] as const;

export type LatencyClass = (typeof LATENCY_CLASSES)[number];
