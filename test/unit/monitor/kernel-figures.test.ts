import { expect, test } from "vitest";
import {
  meminfoBytes,
  parseCpuTimes,
  parseDisks,
  parseLoad,
  parseNetwork,
  parseStalls,
  processTicks,
} from "../../../src/lib/monitor/kernel-figures.ts";

test("CPU times: nice is user, interrupts are system, guests count once", () => {
  const text = "cpu  10 5 20 100 7 1 2 3 99 99\ncpu0 1 0 0 9 0 0 0 0 0 0\nintr 1 2 3\ncpu99 no CPU\n";
  expect(parseCpuTimes(text)).toEqual([
    { user: 15, system: 23, wait: 7, steal: 3, total: 148 },
    { user: 1, system: 0, wait: 0, steal: 0, total: 10 },
  ]);
});

test("memory in bytes, and none for a name that is not there", () => {
  const text = "MemTotal:       25276510 kB\nMemAvailable:    1000 kB\nSwapTotal:             0 kB\n";
  expect(meminfoBytes(text, "MemTotal")).toBe(25_276_510 * 1024);
  expect(meminfoBytes(text, "SwapTotal")).toBe(0);
  expect(meminfoBytes(text, "SwapFree")).toBeNaN();
});

test("load, pressure with and without `full`, and a kernel that counts none", () => {
  expect(parseLoad("0.42 0.30 0.21 2/118 4321\n")).toEqual([0.42, 0.3, 0.21]);
  const some = "some avg10=4.04 avg60=2.52 avg300=8.92 total=96448326\n";
  expect(parseStalls(`${some}full avg10=1.50 avg60=0 avg300=0 total=0\n`)).toEqual({ some10: 4.04, full10: 1.5 });
  expect(parseStalls(some)).toEqual({ some10: 4.04, full10: 0 });
  expect(parseStalls(undefined)).toBeNull();
});

test("disks are summed by name, partitions left out", () => {
  const text = ` 254  0 vda 10 0 8 0 5 0 16 0 0 250 0 0
 254  1 vda1 10 0 8 0 5 0 16 0 0 250 0 0
 259  0 nvme0n1 1 0 2 0 1 0 4 0 0 900 0 0\n`;
  const sum = { readBytes: 10 * 512, writtenBytes: 20 * 512, busyMs: 900 };
  expect(parseDisks(text, new Set(["vda", "nvme0n1"]))).toEqual(sum);
});

test("interfaces are summed by name, also where a figure touches the colon", () => {
  const text = `Inter-|   Receive                |  Transmit
 face |bytes packets
    lo: 500 1 0 0 0 0 0 0 500 1 0 0 0 0 0 0
  eth0:1000 1 0 0 0 0 0 0 20 1 0 0 0 0 0 0\n`;
  expect(parseNetwork(text, new Set(["eth0"]))).toEqual({ receivedBytes: 1000, sentBytes: 20 });
});

test("a process's time, whatever its name holds", () => {
  expect(processTicks("7 (a) b (c) S 1 1 1 0 -1 4194560 5 0 0 0 120 34 0 0 20 0 7 0 1 2 3")).toBe(154);
});
