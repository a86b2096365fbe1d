import type { CpuShares, MachineFigures, Stalls } from "../../monitor/figures.ts";
import type { MonitorView } from "../../monitor/state.ts";
import type { MemoryLevel } from "../../protocol/memory-levels.ts";
import type { MemoryReport } from "../../protocol/memory.ts";
import { formatBytes } from "../../units.ts";
import { span } from "../line.ts";
import type { Line } from "../line.ts";
import { NONE, percent } from "../words.ts";
import { bar, perSecond, row, shareOf } from "./cells.ts";
import type { RowSpace, Tone } from "./cells.ts";

export const LEVEL_TONES: Readonly<Record<MemoryLevel, Tone>> = {
  normal: "good",
  warning: "careful",
  high: "careful",
  critical: "bad",
  emergency: "bad",
};

const LONGEST_BAR = 40;
const SHORTEST_BAR = 20;
/** What stands beside the bar: label, percent and level; and the bytes, where there is room for them too. */
const BESIDE_BAR = 26;
const BYTES_WIDTH = 32;

/** The machine, as far as the CLI can see for itself; and what the daemon says of memory. */
export function machineRows({ machine, sample, thresholds, past }: MonitorView, space: RowSpace): Line[] {
  // Of the machine the journal keeps its memory alone.
  if (past) return sample ? memoryRows(sample.memory, thresholds, space) : [];
  // Of one elsewhere the daemon tells its memory.
  if (!machine && sample) return memoryRows(sample.memory, thresholds, space);
  if (!machine) return row("machine", ["not read yet"], space);
  const memory = sample ? sample.memory : ownMemory(machine);
  return [
    ...memoryRows(memory, thresholds, space),
    ...cpuRows(machine, space),
    ...pressureRows(machine, space),
    ...diskRows(machine, space),
    ...row(
      "network",
      [`in ${perSecond(machine.network.receivedPerSecond)}`, `out ${perSecond(machine.network.sentPerSecond)}`],
      space,
    ),
  ];
}

type MemoryFigures = Pick<MemoryReport, "usage" | "usedBytes" | "limitBytes"> &
  Partial<Pick<MemoryReport, "level" | "source">>;

/** Without a daemon there is no level: its limit may be another. */
function ownMemory({ memory: { totalBytes, availableBytes } }: MachineFigures): MemoryFigures {
  const usedBytes = totalBytes - availableBytes;
  return { usage: usedBytes / totalBytes, usedBytes, limitBytes: totalBytes };
}

export function memoryRows(
  memory: MemoryFigures,
  thresholds: MemoryReport["thresholds"] | null,
  space: RowSpace,
): Line[] {
  const { level, source = "machine", usage, usedBytes, limitBytes } = memory;
  const room = space.width - BESIDE_BAR;
  const isOneLine = room - BYTES_WIDTH >= SHORTEST_BAR;
  const width = Math.min(LONGEST_BAR, isOneLine ? room - BYTES_WIDTH : room);
  const tone = level && LEVEL_TONES[level];
  const marks = thresholds ? Object.values(thresholds) : [];
  const drawn = bar(usage, width, { glyphs: space.glyphs, marks, ...(tone && { tone }) });
  const steps = Object.entries(thresholds ?? {}).map(([name, ratio]) => `${name} ${percent(ratio)}`);
  const told = [
    [...drawn, span(` ${percent(usage).padStart(4)} `), span(level ?? "", tone)],
    `${formatBytes(usedBytes)} of ${formatBytes(limitBytes)} (${source})`,
    // What the marks are; the help says it too.
    ...(space.maxLines > 1 ? steps : []),
  ];
  return row("memory", told, space);
}

function cpuRows({ cpu, cores, load, swap }: MachineFigures, space: RowSpace): Line[] {
  const swapped =
    swap.totalBytes > 0 ? `swap ${formatBytes(swap.usedBytes)} of ${formatBytes(swap.totalBytes)}` : "no swap";
  if (!cpu) return row("cpu", ["measured from the second reading on", `load ${loadOf(load)}`, swapped], space);
  const byCore = cores.map((busy, core) => `${core}: ${percent(busy)}`).join(" ");
  const parts = `user ${percent(cpu.user)} system ${percent(cpu.system)} wait ${percent(cpu.wait)}`;
  return row(
    "cpu",
    [`${percent(cpu.busy)} busy`, stealOf(cpu), `load ${loadOf(load)}`, swapped, `cores ${byCore}`, parts],
    space,
  );
}

/** Time that the hypervisor gave to others makes everything late that is measured here. */
function stealOf({ steal }: CpuShares): Line {
  return [span(`steal ${percent(steal)}`, steal >= 0.05 ? "careful" : undefined)];
}

function loadOf(load: MachineFigures["load"]): string {
  return load.map((value) => value.toFixed(2)).join(" ");
}

function pressureRows({ pressure }: MachineFigures, space: RowSpace): Line[] {
  const told = Object.entries(pressure).map(([name, stalls]) => `${name} ${stallsOf(stalls)}`);
  return row("pressure", [...told, "(% stalled: some/full of 10 s)"], space);
}

function stallsOf(stalls: Stalls | null): string {
  return stalls ? `${stalls.some10.toFixed(1)}/${stalls.full10.toFixed(1)}` : NONE;
}

function diskRows({ disk }: MachineFigures, space: RowSpace): Line[] {
  const { path, usedBytes, totalBytes, readPerSecond, writtenPerSecond, busy } = disk;
  const used = totalBytes > 0 ? usedBytes / totalBytes : 0;
  const use = span(`${path} ${percent(used)} of ${formatBytes(totalBytes)}`, used >= 0.9 ? "careful" : undefined);
  const io = [`read ${perSecond(readPerSecond)}`, `write ${perSecond(writtenPerSecond)}`, `busy ${shareOf(busy)}`];
  return row("disk", [[use], ...io], space);
}
