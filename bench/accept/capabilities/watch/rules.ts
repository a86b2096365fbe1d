import type { AlertName } from "../../../../src/lib/protocol/alerts.ts";
import { play } from "../../../../test/support/alerts/play.ts";
import type { Heard, Trouble } from "../../../../test/support/alerts/play.ts";
import {
  coldCache,
  databaseDown,
  errors,
  expiredKeys,
  fullRedis,
  redisDown,
} from "../../../../test/support/alerts/troubles.ts";
import type { Line } from "../../record.ts";
import { crashes, drops, foreign, fullDisk, levels, spoiltModel, unshared } from "./troubles.ts";

const LIMIT_MS = 8 * 60_000;
const ONCE = "firing resolved";

/** Each rule fires for real, on daemons of their own, side by side; each is mended and resolves. */
export function rules(say: (progress: string) => void): AsyncGenerator<Line> {
  return playAll(say, {
    crashes,
    drops,
    foreign,
    spoiltModel,
    unshared: () => unshared(say),
    fullDisk,
    redisDown,
    databaseDown,
    errors,
    coldCache,
    expiredKeys,
    fullRedis,
  });
}

/** Those of memory, in one climb that takes minutes: the governor gives up recycling after five in vain. */
export function levelRules(say: (progress: string) => void): AsyncGenerator<Line> {
  return playAll(say, { levels: () => levels(say) });
}

async function* playAll(
  say: (progress: string) => void,
  troubles: Readonly<Record<string, () => Promise<Trouble>>>,
): AsyncGenerator<Line> {
  const heard = new Map<AlertName, Heard>();
  const failures: string[] = [];
  const one = async ([name, trouble]: [string, () => Promise<Trouble>]): Promise<void> => {
    try {
      for (const [alert, told] of await play(trouble, LIMIT_MS)) heard.set(alert, told);
      say(`rules: ${name} done`);
    } catch (error) {
      failures.push(`${name}: ${String(error)}`);
      say(`rules: ${name} failed: ${String(error)}`);
    }
  };
  await Promise.all(Object.entries(troubles).map(one));
  for (const [alert, told] of heard) {
    const measured = `${told.receiver} | ${told.log} | ${told.api}`;
    yield {
      what: `rules: ${alert}, at the receiver | in the log | by the API`,
      measured,
      target: `${ONCE} | ${ONCE} | ${ONCE}`,
      pass: measured === `${ONCE} | ${ONCE} | ${ONCE}`,
    };
  }
  yield {
    what: "rules: troubles that failed",
    measured: failures.join("; ") || "none",
    target: "none",
    pass: failures.length === 0,
  };
}
