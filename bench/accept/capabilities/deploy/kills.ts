import { KilledDeploys } from "../../../../test/support/deploy/killed-deploys.ts";
import type { Line } from "../../record.ts";
import { equals, onMachine } from "./on-machine.ts";

/** A bare machine, a deploy killed right after one of its steps, and one that is not; for every step of the plan. */
export async function* convergesAfterKills(say: (progress: string) => void): AsyncGenerator<Line> {
  yield* onMachine(false, async function* (it) {
    const deploys = new KilledDeploys(it.machine, it.program, "start");
    const undisturbed = await deploys.run();
    const { steps } = undisturbed;
    const differing: string[] = [];
    for (const [index, step] of steps.entries()) {
      say(`${index + 1}/${steps.length} killed after: ${step}`);
      await deploys.forget();
      await deploys.runUntil(step);
      const { left } = await deploys.run();
      if (JSON.stringify(left) !== JSON.stringify(undisturbed.left)) differing.push(step);
    }
    yield {
      what: "steps of the plan, each followed by SIGKILL",
      measured: steps.length,
      target: "at least 35",
      pass: steps.length >= 35,
    };
    yield {
      what: "paths compared each time",
      measured: undisturbed.left.length,
      target: "at least 20",
      pass: undisturbed.left.length >= 20,
    };
    yield equals("after which the next run left other bytes than an undisturbed one", differing.join("; "), "");
  });
}
