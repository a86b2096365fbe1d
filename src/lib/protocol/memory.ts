import { z } from "zod";
import { MEMORY_LEVELS } from "./memory-levels.ts";

const bytes = z.int().min(0);

export const processMemory = z.object({
  role: z.enum(["daemon", "worker"]),
  pid: z.int(),
  rssBytes: bytes.describe("resident set: private and shared pages alike"),
  pssBytes: bytes.describe("proportional set: shared pages divided by the processes that map them"),
  privateBytes: bytes.describe("pages no other process has"),
  mappedBytes: bytes.describe("resident file pages, which the kernel can drop"),
});

const ratio = z.number().min(0);

export const memoryReport = z.object({
  level: z.enum(MEMORY_LEVELS),
  usage: ratio.describe("usedBytes / limitBytes of the source that is fullest"),
  usedBytes: bytes,
  limitBytes: bytes,
  source: z.enum(["system", "cgroup", "setting"]),
  pressure: z
    .object({ some10: z.number().min(0), full10: z.number().min(0) })
    .nullable()
    .describe("pressure-stall information, percent of the last 10 s; null where the kernel has none"),
  thresholds: z.object({ warning: ratio, high: ratio, critical: ratio, emergency: ratio }),
  processes: z.array(processMemory),
  model: z.object({
    name: z.string(),
    digest: z.string(),
    loaded: z.boolean(),
    bytes: bytes.describe("PSS of the workers that hold it"),
    unloadsInSeconds: z
      .number()
      .min(0)
      .nullable()
      .describe("if nobody asks it anything more; null where it is not loaded, or never unloaded for that"),
  }),
});

export type ProcessMemory = z.infer<typeof processMemory>;
export type MemoryReport = z.infer<typeof memoryReport>;
