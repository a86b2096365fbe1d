import { describe, expect, test } from "vitest";
import { machineDetails, machineInALine } from "../../../src/lib/machine-facts/words.ts";
import type { MachineFacts } from "../../../src/lib/protocol/machine.ts";
import { PERF_REPORT } from "../../support/perf-report.ts";

const NOTHING: MachineFacts = {
  distribution: null,
  kernel: null,
  model: null,
  virtual: null,
  cpu: null,
  memory: null,
  disks: null,
  fileSystems: null,
  docker: null,
};
const T3_LARGE = PERF_REPORT.machine.facts!;

test("a machine in a line", () => {
  expect(machineInALine(T3_LARGE)).toBe(
    "Amazon EC2 t3.large (amazon), Intel Xeon Platinum 8259CL, 2 cores, L3 36.0 MiB, 7.7 GiB, Debian GNU/Linux 12 (bookworm)",
  );
});

describe("what is not known is left out", () => {
  test.each<[string, Partial<MachineFacts>]>([
    ["this machine tells nothing of itself", {}],
    ["kvm", { virtual: "kvm" }],
    ["container, Debian", { virtual: "container", distribution: "Debian" }],
  ])("%s", (words, facts) => {
    expect(machineInALine({ ...NOTHING, ...facts })).toBe(words);
    expect(machineDetails({ ...NOTHING, ...facts })).toEqual([]);
  });
});

test("its details, one a line", () => {
  const docker = { version: "27.1.1", running: 3 };
  expect(machineDetails({ ...T3_LARGE, docker })).toEqual([
    "Linux 6.1.0-30-cloud-amd64 x64",
    "caches: L1D 32.0 KiB, L2 1.0 MiB, L3 36.0 MiB; physical cores: 1",
    "swap: none",
    "memory bank: 8.0 GiB DDR4 at 2933 MHz",
    "disk: Amazon Elastic Block Store, NVMe, 30.0 GiB",
    "/: ext4, 21.0 GiB of 29.0 GiB free",
    "Docker 27.1.1, containers running: 3",
  ]);
});
