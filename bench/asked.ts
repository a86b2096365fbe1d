import { Caller } from "../src/lib/perf/load/caller.ts";
import type { Address } from "../src/lib/perf/load/address.ts";
import { ConnectionPool } from "../src/lib/perf/load/connection-pool.ts";
import { questions } from "../src/lib/perf/load/questions.ts";
import { LATENCY_CLASSES } from "../src/lib/protocol/latency-classes.ts";
import type { LatencyClass } from "../src/lib/protocol/latency-classes.ts";
import { createRandom } from "../src/lib/random.ts";

export const CLIENTS = 50;
const TIMEOUT_MS = 30_000;
/**
 * What a virtual machine can do changes by a third from one second to the next: servers that are compared take turns
 * faster than that.
 */
export const TURN_SECONDS = 0.2;

/** Answers, by where they came from. */
export type Answers = Record<LatencyClass, number>;

/** Clients of one server, who all ask again as soon as they have their answer while it is their turn. */
export class Asked {
  readonly #caller: Caller;
  readonly #question: () => string;

  constructor(address: Address, asks: { readonly texts: readonly string[]; readonly isUnique?: boolean }) {
    const now = (): number => performance.now();
    this.#caller = new Caller(
      new ConnectionPool({ address, maxConnections: CLIENTS, now }),
      "/api/classify/",
      "",
      TIMEOUT_MS,
      now,
    );
    this.#question = questions({ isUnique: false, ...asks, users: 0, random: createRandom(1) });
  }

  /**
   * @returns answers that came in time; the last ones are waited for, so that the next turn has the machine to itself.
   * @throws where a call fails.
   */
  async turn(): Promise<Answers> {
    const until = performance.now() + TURN_SECONDS * 1000;
    const answers: Answers = { memory: 0, redis: 0, computed: 0 };
    const client = async (): Promise<void> => {
      while (performance.now() < until) {
        const outcome = await this.#caller.ask(this.#question());
        if ("code" in outcome) throw new Error(`a call failed: ${outcome.code}`);
        if (performance.now() < until) answers[outcome.source] += 1;
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    return answers;
  }

  close(): void {
    this.#caller.close();
  }
}

export function totalOf(answers: Answers): number {
  return LATENCY_CLASSES.reduce((sum, source) => sum + answers[source], 0);
}

/** Each in its turn, so many times; before that some turns that don't count. @returns what each answered in all. */
export async function takeTurns<Name extends string>(
  all: Readonly<Record<Name, Asked>>,
  { warmUp, turns }: { readonly warmUp: number; readonly turns: number },
): Promise<Record<Name, Answers>> {
  const names = Object.keys(all) as Name[];
  const counts = Object.fromEntries(names.map((name) => [name, { memory: 0, redis: 0, computed: 0 }])) as Record<
    Name,
    Answers
  >;
  for (let turn = 0; turn < warmUp + turns; turn++) {
    for (const name of names) {
      const answers = await all[name].turn();
      if (turn >= warmUp) for (const source of LATENCY_CLASSES) counts[name][source] += answers[source];
    }
  }
  return counts;
}
