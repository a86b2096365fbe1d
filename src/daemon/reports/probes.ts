import type { Health } from "../../lib/protocol/health.ts";
import type { ProbeName } from "../../lib/protocol/endpoints.ts";

export interface ProbeAnswer {
  readonly isFine: boolean;
  /** All that is told: `ok`, or why not. */
  readonly word: "ok" | "starting" | "stopping" | "unhealthy";
}

const OK: ProbeAnswer = { isFine: true, word: "ok" };

/**
 * What orchestrators and load balancers ask. Alive is who answers at all, a daemon that drains included; ready is who is to
 * be sent calls, a degraded one included.
 */
export class Probes {
  readonly #status: () => Health["status"];
  #hasStarted = false;
  #isStopping = false;

  constructor(status: () => Health["status"]) {
    this.#status = status;
  }

  answer(name: ProbeName): ProbeAnswer {
    if (name === "live") return OK;
    if (name === "ready" && this.#isStopping) return { isFine: false, word: "stopping" };
    if (name === "startup" && this.#hasStarted) return OK;
    const isHealthy = this.#status() !== "unhealthy";
    if (isHealthy) this.#hasStarted = true;
    if (isHealthy) return OK;
    return { isFine: false, word: this.#hasStarted ? "unhealthy" : "starting" };
  }

  /** From now on it is not to be sent calls. */
  stop(): void {
    this.#isStopping = true;
  }
}
