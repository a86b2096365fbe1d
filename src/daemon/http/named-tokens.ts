import { createHash, timingSafeEqual } from "node:crypto";
import type { NamedToken } from "../../lib/config/tokens-file.ts";
import { CombotError } from "../../lib/errors.ts";
import { draw } from "../policy/rate.ts";
import type { Bucket } from "../policy/rate.ts";
import type { Admission, Caller } from "./door.ts";

interface Line {
  readonly token: NamedToken;
  readonly sha256: Buffer;
}

const CALLERS = { classify: "user", read: "read", control: "control" } as const satisfies Record<
  NamedToken["scope"],
  Caller
>;

/** The tokens of COMBOT_TOKENS_FILE, and how often each has been shown of late. */
export class NamedTokens {
  readonly #read: () => readonly NamedToken[];
  /** A clock that never goes back, in ms. */
  readonly #now: () => number;
  /** By the name of the token: both lines of a rotation draw from one. */
  #buckets = new Map<string, Bucket>();
  #of: readonly NamedToken[] = [];
  #lines: readonly Line[] = [];

  /** @param read those in force, which a reload may change. */
  constructor(read: () => readonly NamedToken[], now: () => number) {
    this.#read = read;
    this.#now = now;
  }

  /** Who shows this token; undefined where none is like it. All of them are compared, wherever it was found. */
  admit(shown: string): Admission | undefined {
    this.#refresh();
    const sha256 = createHash("sha256").update(shown).digest();
    let found: NamedToken | undefined;
    for (const line of this.#lines) if (timingSafeEqual(sha256, line.sha256)) found = line.token;
    return found && this.#admissionOf(found);
  }

  #admissionOf(token: NamedToken): Admission {
    const { name, scope, priority } = token;
    const refusal = this.#draw(token);
    return {
      caller: CALLERS[scope],
      by: `token ${name}`,
      token: name,
      ...(priority === "batch" && { isBatch: true }),
      ...(refusal && { refusal }),
    };
  }

  #draw({ name, perMinute }: NamedToken): CombotError | undefined {
    if (perMinute === null) return undefined;
    const { bucket, waitMs } = draw(this.#buckets.get(name), perMinute, this.#now());
    this.#buckets.set(name, bucket);
    if (waitMs === 0) return undefined;
    const detail = `token ${name}: more than ${perMinute} requests a minute (COMBOT_TOKENS_FILE)`;
    return new CombotError("RATE_LIMITED", detail, { retryAfterSeconds: waitMs / 1000 });
  }

  /** Of names that are gone nothing is kept; who stays has drawn what he has drawn. */
  #refresh(): void {
    const tokens = this.#read();
    if (tokens === this.#of) return;
    this.#of = tokens;
    this.#lines = tokens.map((token) => ({ token, sha256: Buffer.from(token.sha256, "hex") }));
    const names = new Set(tokens.map(({ name }) => name));
    this.#buckets = new Map([...this.#buckets].filter(([name]) => names.has(name)));
  }
}
