import type { Random } from "../../../../fuzz/random.ts";
import type { Answers } from "./answers.ts";
import type { Ledger } from "./ledger.ts";
import type { Site } from "./site.ts";
import type { Tally } from "./tally.ts";

/** What every part of a round works with. */
export interface Stage {
  readonly site: Site;
  readonly answers: Answers;
  readonly ledger: Ledger;
  /** Of the whole campaign. */
  readonly tally: Tally;
  /** What went wrong in a way that must not be. */
  readonly wrong: string[];
  /** What is done to the daemon at the moment. */
  doing: string;
  isOver: boolean;
}

/** Goes on until the round is over. */
export type Trouble = (stage: Stage, random: Random) => Promise<void>;
