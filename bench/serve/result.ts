import { median } from "../accept/statistics.ts";
import type { FloorResult } from "./floor.ts";
import type { Surroundings } from "./machine.ts";
import type { Measurement } from "./measurement.ts";
import type { Preset } from "./model.ts";

/** One turn of each, one after another. */
export interface Round {
  readonly floor: FloorResult;
  readonly combot: Measurement;
  readonly peer: Measurement;
}

/** Over the rounds. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** A figure held against its target, or for the record. */
export interface Verdict {
  readonly what: string;
  readonly figure: Spread;
  readonly target?: string;
  readonly pass?: boolean;
}

export interface ServeResult extends Surroundings {
  readonly benchmark: "serve";
  readonly model: string;
  readonly modelBytes: number;
  readonly clients: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly distinctTexts: number;
  readonly verdicts: readonly Verdict[];
  readonly rounds: readonly Round[];
}

interface Target {
  readonly atLeast?: number;
  readonly atMost?: number;
}

interface Targets {
  readonly ofFloor: Target;
  readonly ofBest: Target;
  readonly ofPeer: Target;
  readonly pss: Target;
  readonly p99: Target;
}

/** What combot is to reach at the sizes it is made for. */
const TARGETS: Partial<Record<Preset, Targets>> = {
  "distilbert-int8": {
    ofFloor: { atLeast: 0.95 },
    ofBest: { atLeast: 0.9 },
    ofPeer: { atLeast: 1.45 },
    pss: { atMost: 0.65 },
    p99: { atMost: 0.6 },
  },
  "minilm-int8": {
    ofFloor: { atLeast: 0.95 },
    ofBest: { atLeast: 0.9 },
    ofPeer: { atLeast: 1.3 },
    pss: { atMost: 0.75 },
    p99: { atMost: 0.6 },
  },
  "distilbert-fp32": {
    ofFloor: { atLeast: 0.92 },
    ofBest: { atLeast: 0.88 },
    ofPeer: { atLeast: 1.35 },
    pss: { atMost: 0.5 },
    p99: { atMost: 0.6 },
  },
};

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

/** Ratios are taken within each round, where both sides met the same machine, and only then over the rounds. */
export function judge(rounds: readonly Round[], model: string): Verdict[] {
  const targets = TARGETS[model as Preset];
  const verdict = (what: string, of: (round: Round) => number, target?: Target): Verdict => {
    return verdictOf(what, rounds.map(of), target);
  };
  return [
    verdict(
      "requests/s, combot over the floor",
      ({ combot, floor }) => combot.perSecond / floor.perSecond,
      targets?.ofFloor,
    ),
    verdict(
      "requests/s, combot over the best floor",
      ({ combot, floor }) => combot.perSecond / floor.best.perSecond,
      targets?.ofBest,
    ),
    verdict(
      "requests/s, combot over the peer",
      ({ combot, peer }) => combot.perSecond / peer.perSecond,
      targets?.ofPeer,
    ),
    verdict("PSS, combot over the peer", ({ combot, peer }) => combot.pssBytes / peer.pssBytes, targets?.pss),
    verdict("p99, combot over the peer", ({ combot, peer }) => combot.p99Ms / peer.p99Ms, targets?.p99),
    verdict("CPU a request, combot over the peer", ({ combot, peer }) => cpuOf(combot) / cpuOf(peer)),
    verdict("requests failed, combot and peer", ({ combot, peer }) => combot.failed + peer.failed, { atMost: 0 }),
  ];
}

/** One figure over its rounds, held against its target if it has one. */
export function verdictOf(what: string, values: readonly number[], target?: Target): Verdict {
  const figure = spreadOf(values);
  return { what, figure, ...held(figure.median, target) };
}

function held(value: number, target: Target | undefined): Pick<Verdict, "target" | "pass"> {
  if (target?.atLeast !== undefined) return { target: `at least ${target.atLeast}`, pass: value >= target.atLeast };
  if (target?.atMost !== undefined) return { target: `at most ${target.atMost}`, pass: value <= target.atMost };
  return {};
}

function cpuOf({ cpu, perSecond }: Measurement): number {
  return cpu.cpuSeconds / cpu.seconds / perSecond;
}
