import {
  deploySabotaged,
  NEWER_VERSION,
  SABOTAGES,
  sabotagedProgram,
  schemaOf,
} from "../../../../test/support/deploy/sabotages.ts";
import type { DeployedMachine } from "../../../../test/support/deploy/deployed-machine.ts";
import type { Line } from "../../record.ts";
import { equals, onMachine } from "./on-machine.ts";

/** Deploys that can't succeed: what is there afterwards is what was there before, and serves. */
export async function* comesBack(say: (progress: string) => void): AsyncGenerator<Line> {
  yield* onMachine(true, async function* (it) {
    for (const sabotage of SABOTAGES) {
      say(sabotage.what);
      const { unsaid, status, said, before, after, answers } = await deploySabotaged(it, sabotage);
      if (unsaid.length > 0 || status !== 4) say(said);
      const isBack = after === before;
      if (!isBack) say(`before:\n${before}\nafter:\n${after}`);
      yield equals(`${sabotage.what}: exit status`, status, 4);
      yield equals("  what the message lacks of step and reason", unsaid.join("; "), "");
      yield equals("  sha256, mode and owner of every managed path, schema and units as before", isBack, true);
      yield equals("  the old version classifies", /^\w+\t0\.\d+/.test(answers), true);
    }
    yield* newerSchema(it);
  });
}

async function* newerSchema(it: DeployedMachine): AsyncGenerator<Line> {
  const files = async (): Promise<string> => (await it.fingerprint()).replaceAll(/^\d+\.\d+\.\d+-\w+$\n?/gm, "").trim();
  const [before, schema] = [await files(), await schemaOf(it)];
  const newer = await it.deployFrom(sabotagedProgram(it.program, NEWER_VERSION));
  yield equals("a version with a newer schema: exit status", newer.status, 0);
  yield equals("  schema of the journal", await schemaOf(it), schema + 1);
  const back = await it.combot("deploy", "--rollback", "--yes");
  yield equals("  rolled back: exit status", back.status, 0);
  yield equals("  files as before", (await files()) === before, true);
  yield equals("  schema of the journal", await schemaOf(it), schema);
  const { stdout } = await it.combot("status", "--json");
  const { health } = JSON.parse(stdout) as { health: { checks: Record<string, { status: string }> } };
  yield equals("  the old version has its journal", health.checks["database"]?.status ?? "", "ok");
}
