import type { MachineFigures } from "../../../src/lib/monitor/figures.ts";
import { GIB, MIB } from "../../../src/lib/units.ts";

export const MACHINE: MachineFigures = {
  cpu: { busy: 0.23, user: 0.15, system: 0.08, wait: 0.01, steal: 0.002 },
  cores: [0.12, 0.34],
  load: [0.42, 0.3, 0.21],
  memory: { totalBytes: 8 * GIB, availableBytes: 6 * GIB },
  swap: { totalBytes: 0, usedBytes: 0 },
  pressure: { cpu: { some10: 4, full10: 0 }, memory: { some10: 0, full10: 0 }, io: null },
  disk: {
    path: "/",
    totalBytes: 30 * GIB,
    usedBytes: 12 * GIB,
    readPerSecond: 0,
    writtenPerSecond: 1.5 * MIB,
    busy: 0.02,
  },
  network: { receivedPerSecond: 1200, sentPerSecond: 3400 },
};
