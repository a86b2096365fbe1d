import type { Arrival, Traffic } from "../../src/daemon/simulation/traffic.ts";

/** One stream of requests, dealt out to hosts in turn: what each is next asked waits here until it asks for it. */
export class Balancer {
  readonly #traffic: Traffic;
  readonly #waiting: Arrival[][];
  #turn = 0;

  constructor(traffic: Traffic, hosts: number) {
    this.#traffic = traffic;
    this.#waiting = Array.from({ length: hosts }, () => []);
  }

  /** What one host is asked. */
  trafficOf(host: number): Traffic {
    return { next: () => this.#nextFor(host) };
  }

  #nextFor(host: number): Arrival | undefined {
    const own = this.#waiting[host] ?? [];
    while (own.length === 0) {
      const arrival = this.#traffic.next();
      if (!arrival) return undefined;
      this.#waiting[this.#turn]?.push(arrival);
      this.#turn = (this.#turn + 1) % this.#waiting.length;
    }
    return own.shift();
  }
}

/** Of what is asked, a share is like nothing before. */
export class NewTexts implements Traffic {
  readonly #traffic: Traffic;
  readonly #share: number;
  readonly #random: () => number;

  constructor(traffic: Traffic, share: number, random: () => number) {
    this.#traffic = traffic;
    this.#share = share;
    this.#random = random;
  }

  next(): Arrival | undefined {
    const arrival = this.#traffic.next();
    return arrival && this.#random() < this.#share ? { ...arrival, rank: -1 } : arrival;
  }
}
