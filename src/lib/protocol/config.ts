import { z } from "zod";

export const configReport = z.object({
  settings: z.array(
    z.object({
      name: z.string(),
      value: z.string().describe("secrets, user information and queries in URLs are hidden"),
      source: z.enum(["flag", "environment", "file", "profile", "default"]),
      sourceDetail: z.string().optional(),
      doc: z.string(),
    }),
  ),
});

export type ConfigReport = z.infer<typeof configReport>;
