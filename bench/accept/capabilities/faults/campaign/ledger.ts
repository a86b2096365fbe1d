import type { DecisionsReply } from "../../../../../src/lib/protocol/decisions.ts";
import type { MetricsReport } from "../../../../../src/lib/protocol/metrics.ts";
import type { Site } from "./site.ts";
import type { Tally } from "./tally.ts";

/** As many as are made between two looks, and many more. */
const LISTED = 400;

/**
 * What the journal must have: decisions that were known when it said that nothing waits to be written. What was not yet
 * written when its daemon was killed may be lost, and what a restore takes back is.
 */
export class Ledger {
  readonly #site: Site;
  readonly #tally: Tally;
  /** At which look each was first known to be written; none yet. */
  readonly #known = new Map<string, number | undefined>();
  #looks = 0;
  /** By a restore: the daemon that made them may go on telling of them. */
  readonly #takenBack = new Set<string>();
  /** What happened, for whoever has to find out where some were lost. */
  readonly #story: string[] = [];
  #restoring = 0;
  #restores = 0;
  #dropped = 0;
  /** Counted by the daemon that runs now. */
  #droppedNow = 0;

  constructor(site: Site, tally: Tally) {
    this.#site = site;
    this.#tally = tally;
  }

  /** A decision more, and what the journal says of those before it. */
  async look(): Promise<void> {
    const { pid } = this.#site;
    const restores = this.#restores;
    await this.#site.json("POST", "/api/cleanup/", { level: "soft" });
    const listed = await this.#listed();
    const { journal } = await this.#site.json<MetricsReport>("GET", "/api/metrics/");
    // What was listed before a restore is not what the journal has after it.
    if (!journal || pid !== this.#site.pid || restores !== this.#restores || this.#restoring > 0) return;
    for (const id of listed) {
      if (!this.#known.has(id) && !this.#takenBack.has(id)) this.#known.set(id, undefined);
    }
    this.#droppedNow = journal.dropped;
    if (journal.state !== "up" || journal.waiting > 0) return;
    this.#looks += 1;
    for (const [id, look] of this.#known) this.#known.set(id, look ?? this.#looks);
  }

  /** The daemon was killed: what had not been written by the last look is excused. */
  killed(): void {
    this.#dropped += this.#droppedNow;
    this.#droppedNow = 0;
    this.#tell("killed");
    for (const [id, look] of this.#known) {
      if (look !== undefined) continue;
      this.#known.delete(id);
      this.#tally.add("decisions not yet written when the daemon was killed");
    }
  }

  /** To be remembered with a backup that is begun now: what was written by then is in it. */
  get mark(): number {
    return this.#looks;
  }

  /** From now on, until `restored`, nothing that is listed is held to be written. */
  restoring(): void {
    this.#restoring += 1;
    this.#restores += 1;
  }

  /** What came after the mark may be gone. */
  async restored(mark: number): Promise<void> {
    this.#tell(`restored to ${mark}`);
    const later = [...this.#known].filter(([, look]) => look === undefined || look > mark).map(([id]) => id);
    for (const id of later) this.#known.delete(id);
    this.#tally.add("decisions taken back by a restore", later.length);
    const listed = await this.#listed().catch(() => []);
    for (const id of [...later, ...listed]) if (!this.#known.has(id)) this.#takenBack.add(id);
    this.#restoring -= 1;
  }

  /** What the journal lacks, beside those that were dropped and counted. */
  lost(kept: ReadonlySet<string>): number {
    const due = [...this.#known].filter(([, look]) => look !== undefined).map(([id]) => id);
    const absent = due.filter((id) => !kept.has(id));
    const missing = absent.length;
    if (missing > 0) {
      const looks = [...new Set(absent.map((id) => this.#known.get(id)))].join(", ");
      process.stderr.write(
        `${missing} of ${due.length} are missing, of the looks ${looks}; ${this.#story.join("; ")}\n`,
      );
    }
    const dropped = this.#dropped + this.#droppedNow;
    this.#tally.add("decisions held against the journal", due.length);
    this.#tally.add("events dropped and counted", dropped);
    return Math.max(0, missing - dropped);
  }

  #tell(what: string): void {
    this.#story.push(`after look ${this.#looks}: ${what}`);
  }

  async #listed(): Promise<string[]> {
    const { decisions } = await this.#site.json<DecisionsReply>("GET", `/api/decisions/?limit=${LISTED}`);
    return decisions.map(({ id }) => id);
  }
}
