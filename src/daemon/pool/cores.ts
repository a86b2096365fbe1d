import { decayed, mayRun, mayRunBeside, nextModel } from "../policy/cores.ts";

/** A pool, as far as the processors are shared between several. */
export interface Member {
  /** Workers that run a batch. */
  readonly busy: number;
  /** How long its oldest text has waited, in ms. */
  readonly waitedMs: number;
  readonly deadlineMs: number;
  /** Not batch texts alone wait, or these have aged. */
  readonly isPressing: boolean;
  /** Texts wait, and a worker of it with fewer batches than that would take some. */
  canTake(most: number): boolean;
  /** How many batches a worker may have, for as many texts as wait. */
  readonly mostBatches: number;
  /** Gives a worker one batch. @returns whether there was one to give. */
  handOut(most: number): boolean;
}

export interface CoresOptions {
  /** Batches that may run at a time, but for one of a model that is asked seldom. */
  readonly most: number;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
}

/** Whose batch is next, and how many batches its worker may have with it. */
interface Grant {
  readonly member: Member;
  readonly most: number;
}

interface Account {
  servedMs: number;
  atMs: number;
}

/**
 * Shares the processors between models: however many are here, no more batches run than one model may have workers, but
 * for one of a model that is asked seldom.
 */
export class Cores {
  readonly #options: CoresOptions;
  readonly #accounts = new Map<Member, Account>();

  constructor(options: CoresOptions) {
    this.#options = options;
  }

  join(member: Member): void {
    this.#accounts.set(member, { servedMs: 0, atMs: this.#options.now() });
  }

  leave(member: Member): void {
    this.#accounts.delete(member);
  }

  /** A batch of it has had so much of a processor. */
  charge(member: Member, computeMs: number): void {
    const account = this.#accounts.get(member);
    if (!account) return;
    const nowMs = this.#options.now();
    account.servedMs = decayed(account.servedMs, nowMs - account.atMs) + computeMs;
    account.atMs = nowMs;
  }

  /**
   * Hands out what waits, as far as there are processors and workers for it.
   *
   * @returns which of the two there are no more of.
   */
  share(): "cores taken" | "workers taken" {
    for (;;) {
      const next = this.#accounts.size === 1 ? this.#only() : this.#next();
      if (next === "cores taken") return next;
      if (!next?.member.handOut(next.most)) return "workers taken";
    }
  }

  /** Asked for each text that comes in, mostly of one model: there is nothing to choose. */
  #only(): Grant | undefined {
    for (const member of this.#accounts.keys()) return { member, most: member.mostBatches };
    return undefined;
  }

  #next(): Grant | "cores taken" | undefined {
    const members = [...this.#accounts.keys()];
    const takers = members.filter((member) => member.canTake(1));
    if (takers.length === 0) return this.#ahead(members);
    const busy = members.reduce((sum, member) => sum + member.busy, 0);
    const pressing = takers.filter(({ isPressing }) => isPressing);
    if (!mayRun(busy, this.#options.most)) return this.#oneOf(this.#seldom(pressing, busy)) ?? "cores taken";
    return this.#oneOf(pressing.length > 0 ? pressing : takers);
  }

  #oneOf(contending: readonly Member[]): Grant | undefined {
    const at = nextModel(contending.map((member) => this.#contender(member)));
    const member = at === undefined ? undefined : contending[at];
    return member && { member, most: 1 };
  }

  /** Those of them that may have a batch though all processors have one. */
  #seldom(members: readonly Member[], busy: number): Member[] {
    const most = Math.max(...[...this.#accounts.keys()].map((member) => this.#contender(member).servedMs));
    return members.filter(
      (member) => member.busy === 0 && mayRunBeside(busy, this.#options.most, this.#contender(member).servedMs, most),
    );
  }

  /** Every worker that could take a batch has one: the next waits in it, unless another model's would stand behind that. */
  #ahead(members: readonly Member[]): Grant | undefined {
    const able = members.filter((member) => member.canTake(member.mostBatches));
    const [member] = able;
    return member && able.length === 1 ? { member, most: member.mostBatches } : undefined;
  }

  #contender(member: Member) {
    const account = this.#accounts.get(member);
    const elapsedMs = this.#options.now() - (account?.atMs ?? 0);
    const { waitedMs, deadlineMs } = member;
    return { waitedMs, deadlineMs, servedMs: decayed(account?.servedMs ?? 0, elapsedMs) };
  }
}
