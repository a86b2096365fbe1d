import { readFileSync, readdirSync } from "node:fs";

/** What a process's threads have taken, those that live, to the nanosecond, unlike /proc/<pid>/stat. */
export function threadsMicroseconds(pid: number): number {
  const ns = readdirSync(`/proc/${pid}/task`).map((task) => {
    try {
      return Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "latin1").split(" ")[0]);
    } catch {
      // It has just ended.
      return 0;
    }
  });
  return ns.reduce((sum, one) => sum + one, 0) / 1000;
}

/** Each in its turn in every round, and another one first each time: a machine that changes changes for all of them. */
export async function inTurns<Name extends string>(
  runs: Readonly<Record<Name, () => Promise<number>>>,
  { warmUp, rounds }: { readonly warmUp: number; readonly rounds: number },
  onRound: (round: number) => void,
): Promise<Readonly<Record<Name, readonly number[]>>> {
  const names = Object.keys(runs) as Name[];
  const measured = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = 0; round < warmUp + rounds; round++) {
    onRound(round + 1);
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + round) % names.length]!;
      const one = await runs[name]();
      if (round >= warmUp) measured[name].push(one);
    }
  }
  return measured;
}
