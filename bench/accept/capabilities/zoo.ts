import { groups } from "../../model/zoo/entries/index.ts";
import type { ZooEntry } from "../../model/zoo/entry.ts";
import type { Capability, Line, Part } from "../record.ts";
import { tryEntry } from "./zoo/entry-trial.ts";
import type { Trial } from "./zoo/entry-trial.ts";

/** Every model of the zoo checked, prepared, served at 16 clients, and held against onnxruntime by hand. */
export const zoo: Capability = {
  name: "zoo",
  summary: "Models of many architectures and layouts, served against onnxruntime by hand",
  parts: Object.entries(groups).map(([name, entries]): Part => ({ name, run: (say) => tryAll(entries, say) })),
};

async function* tryAll(entries: readonly ZooEntry[], say: (progress: string) => void): AsyncGenerator<Line> {
  const trials: Trial[] = [];
  for (const [at, entry] of entries.entries()) {
    const trial = await tryEntry(entry, (doing) => say(`${at + 1} of ${entries.length}, ${entry.name}: ${doing}`));
    trials.push(trial);
    const { measured, target, faults } = trial;
    const told = faults.length === 0 ? measured : `${measured}; ${faults.join("; ")}`;
    yield { what: `${entry.name} (${entry.layout})`, measured: told, target, pass: faults.length === 0 };
  }
  const crashes = trials.reduce((sum, trial) => sum + trial.crashes, 0);
  const prepared = trials.filter((trial) => trial.prepared).length;
  yield {
    what: `workers that died, over ${trials.length} models`,
    measured: crashes,
    target: "0",
    pass: crashes === 0,
  };
  yield { what: "models served from prepared weights", measured: prepared, target: "for the record", pass: true };
}
