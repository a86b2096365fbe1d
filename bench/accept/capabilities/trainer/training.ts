import type { Example } from "../../../../scripts/model/csv.ts";
import { englishLexicon, readLexicon } from "../../../../src/lib/training/lexicon.ts";
import type { Lexicon } from "../../../../src/lib/training/lexicon.ts";
import { measure } from "../../../../scripts/model/measurement.ts";
import type { Measured } from "../../../../scripts/model/measurement.ts";
import { trainModel } from "../../../../src/lib/training/trainer.ts";

export interface Trained extends Measured {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly megabytes: number;
}

export interface TrainedWith {
  readonly lexicon?: Lexicon;
  readonly say: (progress: string) => void;
}

/** Trains as `npm run model:train` does by default, and measures on the test texts. */
export async function train(
  train: readonly Example[],
  test: readonly Example[],
  { lexicon = readLexicon(englishLexicon), say }: TrainedWith,
): Promise<Trained> {
  const [from, cpuFrom] = [performance.now(), process.cpuUsage()];
  const { model } = trainModel(train, { name: "measured", seed: 1, epochs: 8, lexicon, onProgress: say });
  const { user, system } = process.cpuUsage(cpuFrom);
  const wallSeconds = (performance.now() - from) / 1000;
  say(`measuring on ${test.length} texts`);
  const measured = await measure(model, test);
  return { ...measured, cpuSeconds: (user + system) / 1e6, wallSeconds, megabytes: model.onnx.byteLength / 1e6 };
}
