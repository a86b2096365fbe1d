import { z } from "zod";

/** Of a classify call: what it asks is a test's, and counts nowhere that people's questions count. */
export const TEST_HEADER = "combot-test";

export const testMark = z.object({
  header: z.literal(TEST_HEADER),
  mark: z.string().describe("the header's value, for as long as this daemon runs; one that is not known marks nothing"),
});

export type TestMark = z.infer<typeof testMark>;
