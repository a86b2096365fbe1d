/** The ladder, lowest first. Apart from the schemas, so that policy needs no zod. */
export const MEMORY_LEVELS = ["normal", "warning", "high", "critical", "emergency"] as const;

export type MemoryLevel = (typeof MEMORY_LEVELS)[number];
