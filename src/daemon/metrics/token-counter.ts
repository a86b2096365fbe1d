import { Counter } from "prom-client";
import type { Registry } from "prom-client";
import type { CompatOutcome } from "../../lib/compat-protocols.ts";

/** As many as one file may have; of two outcomes or so each. */
const MOST_NAMES = 256;
/** No token can be called so. */
const OTHERS = "(other)";

/** Calls by the name of their token. Names are the operator's; of files that were ever so many the last count together. */
export class TokenCounter {
  readonly #counter: Counter;
  readonly #names = new Set<string>();

  constructor(registry: Registry) {
    this.#counter = new Counter({
      name: "combot_token_requests_total",
      help: "Calls over TCP with a named token (COMBOT_TOKENS_FILE), by its name and outcome; limited: above its requests a minute.",
      labelNames: ["token", "outcome"],
      registers: [registry],
    });
  }

  answered(name: string, status: number | "limited"): void {
    if (this.#names.size < MOST_NAMES) this.#names.add(name);
    const token = this.#names.has(name) ? name : OTHERS;
    this.#counter.inc({ token, outcome: status === "limited" ? status : outcomeOf(status) });
  }
}

export function outcomeOf(status: number): CompatOutcome {
  if (status < 400) return "2xx";
  return status < 500 ? "4xx" : "5xx";
}
