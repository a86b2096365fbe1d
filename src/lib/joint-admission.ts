/** What came of nothing because something else of the same call was refused: it says nothing of what it befell. */
export class RefusedElsewhere extends Error {
  constructor(cause: unknown) {
    super("another part of the call was refused", { cause });
    this.name = "RefusedElsewhere";
  }
}

interface Applicant {
  /** @throws why it can't be admitted. */
  readonly check: () => void;
  readonly enter: () => void;
  readonly refuse: (error: unknown) => void;
}

/** A part's place among those that are admitted together. */
export interface JointPlace {
  /**
   * Waits for the other parts, then enters together with them, all in one turn.
   *
   * @param check throws why it can't be admitted; nothing is entered then. @returns what `enter` does.
   * @throws what `check` does; {RefusedElsewhere} where it was another part.
   */
  apply<T>(check: () => void, enter: () => T): Promise<T>;
  /** It has nothing that is to be admitted, any more: nobody waits for it. */
  leave(): void;
}

/** The parts of one call, each for a queue of its own: all are admitted, or none. */
export class JointAdmission {
  #missing: number;
  #applicants: Applicant[] = [];
  #isDecided = false;
  #refusal: RefusedElsewhere | undefined;

  /** @param parts that are to apply or to leave. */
  constructor(parts: number) {
    this.#missing = parts;
  }

  place(): JointPlace {
    let isOpen = true;
    const arrive = (): void => {
      if (!isOpen) return;
      isOpen = false;
      this.#missing -= 1;
      if (this.#missing === 0) this.#decide();
    };
    return {
      apply: async (check, enter) => {
        if (this.#refusal) throw this.#refusal;
        // One that was admitted before and is tried again: the others are under way.
        if (this.#isDecided || !isOpen) return alone(check, enter);
        const { promise, resolve, reject } = Promise.withResolvers<ReturnType<typeof enter>>();
        this.#applicants.push({ check, enter: () => resolve(enter()), refuse: reject });
        arrive();
        return promise;
      },
      leave: arrive,
    };
  }

  /** Of those that have not been admitted none will be. */
  refuse(error: unknown): void {
    if (this.#isDecided) return;
    this.#isDecided = true;
    this.#refusal = new RefusedElsewhere(error);
    for (const { refuse } of this.#applicants) refuse(this.#refusal);
  }

  #decide(): void {
    if (this.#isDecided) return;
    for (const applicant of this.#applicants) {
      try {
        applicant.check();
      } catch (error) {
        applicant.refuse(error);
        return this.refuse(error);
      }
    }
    this.#isDecided = true;
    for (const { enter } of this.#applicants) enter();
    this.#applicants = [];
  }
}

function alone<T>(check: () => void, enter: () => T): T {
  check();
  return enter();
}
