/** To and from the alternate screen, the cursor hidden and lines not wrapped meanwhile. */
const ENTER = "\u001B[?1049h\u001B[?25l\u001B[?7l\u001B[2J";
const LEAVE = "\u001B[?7h\u001B[?25h\u001B[?1049l";

/** What to write so that a terminal shows these lines: those that changed. */
export class Painter {
  #shown: readonly string[] = [];

  enter(): string {
    this.#shown = [];
    return ENTER;
  }

  leave(): string {
    return LEAVE;
  }

  /** The terminal has another size: what is on it can't be known. */
  forget(): void {
    this.#shown = [];
  }

  /** @param lines each as wide as the terminal, so that nothing is left of what stood there. */
  paint(lines: readonly string[]): string {
    const isNew = this.#shown.length === 0;
    const changed = lines.flatMap((line, at) =>
      isNew || line !== this.#shown[at] ? [`\u001B[${at + 1};1H${line}`] : [],
    );
    this.#shown = lines;
    return changed.length === 0 ? "" : `${isNew ? "\u001B[2J" : ""}${changed.join("")}`;
  }
}
