import { CombotError } from "../errors.ts";

/** What a load found wrong, one line each, collected so that an operator sees all of it at once. */
export class Findings {
  readonly #faults: string[] = [];
  readonly #warnings: string[] = [];

  get faults(): readonly string[] {
    return this.#faults;
  }

  get warnings(): readonly string[] {
    return this.#warnings;
  }

  fault(what: string, where: string): void {
    this.#faults.push(`${what} (${where})`);
  }

  warn(what: string, where: string): void {
    this.#warnings.push(`${what} (${where})`);
  }

  /** @throws {CombotError} `CONFIG_INVALID` with every fault, if there is one. */
  throwIfFaulty(): void {
    const { length } = this.#faults;
    if (length === 0) return;
    const detail = length === 1 ? "One fault in the settings." : `${length} faults in the settings.`;
    throw new CombotError("CONFIG_INVALID", detail, { faults: this.#faults });
  }
}
