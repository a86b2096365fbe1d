import { execFileSync } from "node:child_process";
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("./clock.c", import.meta.url));

/**
 * The wall clock of the daemon and its workers, which may jump. Not the machine's, which is everybody's: a library in
 * front of libc adds seconds to it. A C compiler is needed.
 */
export class Clock {
  /** To be set for the process whose clock it is to be. */
  readonly env: Readonly<Record<string, string>>;
  readonly #file: number;

  constructor(folder: string) {
    const [library, offset] = [join(folder, "clock.so"), join(folder, "clock-offset")];
    execFileSync("cc", ["-shared", "-fPIC", "-O2", "-o", library, SOURCE, "-ldl"]);
    writeFileSync(offset, Buffer.alloc(8));
    this.#file = openSync(offset, "r+");
    this.env = { LD_PRELOAD: library, CLOCK_OFFSET_FILE: offset };
  }

  /** @param seconds from the machine's time; 0 is right again. */
  jumpTo(seconds: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(Math.round(seconds)));
    writeSync(this.#file, bytes, 0, 8, 0);
  }

  end(): void {
    closeSync(this.#file);
  }
}
