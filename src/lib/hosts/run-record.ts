import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CombotError, messageOf } from "../errors.ts";
import { replaceFileNow } from "../replace-file.ts";
import { isAbsence } from "../system-errors.ts";
import type { Outcome } from "./rollout.ts";

/** What became of the last run over a list of hosts. */
export interface RunRecord {
  readonly at: string;
  readonly outcomes: readonly Outcome[];
}

/** One file for each list of hosts, by its digest. */
export class RunRecords {
  readonly #path: string;

  constructor(stateDir: string, digest: string) {
    this.#path = join(stateDir, "hosts", `${digest}.json`);
  }

  /** Null where there was none, and where what is there is no record: it steers nothing, it is only told. */
  read(): RunRecord | null {
    try {
      const record = JSON.parse(readFileSync(this.#path, "utf8")) as Partial<RunRecord> | null;
      return typeof record?.at === "string" && Array.isArray(record.outcomes) ? (record as RunRecord) : null;
    } catch (thrown) {
      if (isAbsence(thrown) || thrown instanceof SyntaxError) return null;
      throw new CombotError("FILE_REFUSED", messageOf(thrown), { cause: thrown });
    }
  }

  write(record: RunRecord): void {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    replaceFileNow(this.#path, `${JSON.stringify(record, null, 2)}\n`, 0o600);
  }
}

export function isComplete({ outcomes }: RunRecord): boolean {
  return outcomes.every(({ stand }) => stand === "deployed" || stand === "same");
}
