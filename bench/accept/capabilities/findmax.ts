import type { Capability, Line } from "../record.ts";
import { round } from "../statistics.ts";
import { namesBounds } from "./findmax/bounds.ts";
import { cpuGroup } from "./findmax/groups.ts";
import type { Group } from "./findmax/groups.ts";
import { searched } from "./findmax/search.ts";

type Say = (progress: string) => void;

/** Others use the memory of this machine, too. */
const ARGS = ["-d", "9s", "-t", "p99=500ms", "-t", "memory=off", "-t", "memory-usage=off"];
const MOST_SPREAD = 0.1;
/** Of a half. */
const MOST_OFF = 0.15;
const WHOLE_CORES = 2;

async function* agrees(say: Say): AsyncGenerator<Line> {
  const { spread, ratePerSecond } = await searched({ args: [...ARGS, "--repeat", "3"], say });
  yield {
    what: "requests/s that it holds, the median of three runs",
    measured: ratePerSecond ?? 0,
    target: "told",
    pass: true,
  };
  const share = spread ?? 1;
  yield {
    what: "three runs lie apart by",
    measured: round(share, 3),
    target: "at most 0.1",
    pass: share <= MOST_SPREAD,
  };
}

/** The daemon and the load share the quota, as they share a machine. */
async function* halves(say: Say): AsyncGenerator<Line> {
  const within = async (group: Group): Promise<number> => {
    const { wrapper } = group;
    try {
      const found = await searched({ args: [...ARGS, "--repeat", "3"], daemon: { wrapper }, wrapper, say });
      return found.ratePerSecond ?? 0;
    } finally {
      group.remove();
    }
  };
  const whole = await within(cpuGroup(WHOLE_CORES));
  const half = await within(cpuGroup(WHOLE_CORES / 2));
  yield {
    what: "requests/s with two cores, and with one by a quota",
    measured: `${whole}, ${half}`,
    target: "told",
    pass: true,
  };
  const ratio = whole > 0 ? half / whole : 0;
  const pass = Math.abs(ratio / 0.5 - 1) <= MOST_OFF;
  yield {
    what: "half of the CPU holds so much of the rate",
    measured: round(ratio, 3),
    target: "0.5 within 15%",
    pass,
  };
}

export const findmax: Capability = {
  name: "findmax",
  summary: "combot perf-test --find-max finds the same again, half of it on half a machine, and names what bound it",
  parts: [
    { name: "runs", run: agrees },
    { name: "quota", run: halves },
    { name: "bounds", run: namesBounds },
  ],
};
