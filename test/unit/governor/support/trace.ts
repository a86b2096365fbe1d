import { readFileSync } from "node:fs";
import type { Decision } from "../../../../src/lib/protocol/decisions.ts";
import { formatBytes } from "../../../../src/lib/units.ts";
import type { Governed } from "./governed.ts";
import type { MachineState } from "./scripted-meter.ts";

const FOLDER = new URL("../../../fixtures/traces/", import.meta.url);
const KEYS = ["others", "worker", "fresh", "usage", "stalls"] as const;

/** A state of the machine, from a second on until the next. */
interface Moment {
  readonly second: number;
  readonly state: MachineState;
}

/**
 * Lines of `<second>s key=value …`, where `#` begins a comment. A key keeps its value until it is given another; what a
 * key means is told at `MachineState`. The last line says until when.
 */
export function readTrace(name: string): Moment[] {
  const lines = readFileSync(new URL(`${name}.txt`, FOLDER), "utf8")
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "");
  let state: MachineState = { others: 0, worker: 0 };
  return lines.map((line) => {
    const [time = "", ...pairs] = line.split(/\s+/);
    const second = Number(/^(\d+)s$/.exec(time)?.[1]);
    if (Number.isNaN(second)) throw new Error(`${name}: no time in "${line}"`);
    state = { ...state, ...Object.fromEntries(pairs.map(parsePair)) };
    return { second, state };
  });
}

function parsePair(pair: string): [string, number] {
  const [key, value] = pair.split("=");
  const known = KEYS.find((known) => known === key);
  const number = Number(value);
  if (!known || Number.isNaN(number)) throw new Error(`not a reading: ${pair}`);
  return [known, number];
}

/** Where a trace's verdicts are kept. */
export function verdictsOf(name: string): string {
  return new URL(`${name}.verdicts.txt`, FOLDER).pathname;
}

/** One reading a second through the trace; what the governor ordered and decided, one line each. */
export async function replay(name: string, governed: Governed): Promise<string> {
  const moments = readTrace(name);
  const lines: string[] = [];
  for (let second = 0; second <= moments.at(-1)!.second; second++) {
    governed.meter.state = moments.findLast((moment) => moment.second <= second)?.state ?? moments[0]!.state;
    const told = governed.story.length;
    await governed.pass(1);
    const time = `${second}s`.padStart(5);
    lines.push(...governed.story.slice(told).map((entry) => `${time}  ${describeEntry(entry)}`.trimEnd()));
  }
  return `${lines.join("\n")}\n`;
}

function describeEntry(entry: string | Decision): string {
  if (typeof entry === "string") return `    ${entry}`;
  const { action, reason, measured, threshold, freedBytes, detail } = entry;
  const figures = `${Number(measured).toFixed(2)} against ${Number(threshold).toFixed(2)}`;
  const freed = freedBytes === null ? "" : `, gave back ${formatBytes(freedBytes)}`;
  return `${action}: ${reason}, ${figures}${freed}${detail === undefined ? "" : ` (${detail})`}`;
}
