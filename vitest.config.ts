import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // They wait for real processes a third of the time; more at once would only make each other's deadlines late.
    maxWorkers: 3,
    // A machine without CPU credits is three times as slow; what is asserted is never how long something took.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // What comes of a process or a timer is waited for; how soon it comes is the machine's.
    expect: { poll: { timeout: 30_000 } },
    // @oclif/test and the log tests read the console themselves.
    disableConsoleIntercept: true,
    env: { ORT_DISABLE_TELEMETRY: "1" },
  },
});
