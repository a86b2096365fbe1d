import { CombotError } from "../errors.ts";
import { GIB } from "../units.ts";

/** What bears on speed and memory of a machine that one can rent. */
export interface MachineSize {
  readonly name: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Share of a core that it may use for as long as it likes; null where all of it. */
  readonly baseline: number | null;
}

/**
 * As Amazon publishes them; look there before you rely on one. Cores and memory: https://aws.amazon.com/ec2/instance-types/t3/ and …/m6i/. Baselines, and
 * that a credit is a core for a minute, earned at cores × baseline × 60 an hour and kept for up to 24 hours of them:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-credits-baseline-concepts.html
 */
const MACHINES: readonly MachineSize[] = [
  burstable("t3.medium", 2, 4, 0.2),
  burstable("t3.large", 2, 8, 0.3),
  burstable("t3.xlarge", 4, 16, 0.4),
  burstable("t3.2xlarge", 8, 32, 0.4),
  { name: "m6i.large", cores: 2, memoryBytes: 8 * GIB, baseline: null },
  { name: "m6i.xlarge", cores: 4, memoryBytes: 16 * GIB, baseline: null },
  { name: "m6i.2xlarge", cores: 8, memoryBytes: 32 * GIB, baseline: null },
  { name: "m6i.4xlarge", cores: 16, memoryBytes: 64 * GIB, baseline: null },
];

/** Of the memory that is sold the kernel keeps a part: a t3.large shows about 7.7 GiB, a t3.xlarge 15.5. */
const SHOWN = 0.965;

function burstable(name: string, cores: number, gib: number, baseline: number): MachineSize {
  return { name, cores, memoryBytes: gib * GIB, baseline };
}

export const HERE = "here";

export const MACHINE_NAMES: readonly string[] = [HERE, ...MACHINES.map(({ name }) => name)];

/**
 * @param here what this one has.
 * @throws {CombotError} `USAGE` where nobody knows it.
 */
export function machineNamed(name: string, here: Omit<MachineSize, "name" | "baseline">): MachineSize {
  if (name === HERE) return { ...here, name: HERE, baseline: null };
  const found = MACHINES.find((one) => one.name === name);
  if (!found) throw new CombotError("USAGE", `--machine ${name}: known are ${MACHINE_NAMES.join(", ")}.`);
  return { ...found, memoryBytes: found.memoryBytes * SHOWN };
}

/** Of the same kind, with twice the cores: undefined behind the last. */
export function nextMachine({ name, cores }: MachineSize): MachineSize | undefined {
  const family = name === HERE ? "m6i" : name.split(".")[0];
  const larger = MACHINES.filter((one) => one.name.startsWith(`${family}.`)).find((one) =>
    name === HERE ? one.cores > cores : isAfter(one.name, name),
  );
  return larger && { ...larger, memoryBytes: larger.memoryBytes * SHOWN };
}

function isAfter(one: string, other: string): boolean {
  const place = (name: string): number => MACHINES.findIndex((machine) => machine.name === name);
  return place(one) > place(other);
}
