import { CombotError } from "../errors.ts";

const LONGEST_WAIT_SECONDS = 86_400;
const SECONDS_IN = { s: 1, m: 60, h: 3600 } as const;

/**
 * How many hosts are out of the balancer together.
 *
 * @param given a number of hosts, or a share of them as `25%`, which is rounded down to at least one.
 * @throws {CombotError} `USAGE`
 */
export function batchSize(given: string, hosts: number): number {
  const [, digits = "", percent = ""] = /^(\d{1,6})(%?)$/.exec(given) ?? [];
  const value = Number(digits);
  const isShare = percent !== "";
  if (digits === "" || value < 1 || (isShare && value > 100))
    throw new CombotError("USAGE", `--batch ${given}: give a number of hosts from 1, or a share from 1% to 100%.`);
  return isShare ? Math.max(1, Math.floor((hosts * value) / 100)) : value;
}

/** In the order of the file. */
export function inBatches<T>(hosts: readonly T[], size: number): readonly (readonly T[])[] {
  const count = Math.ceil(hosts.length / size);
  return Array.from({ length: count }, (_, index) => hosts.slice(index * size, (index + 1) * size));
}

/** @param given `30s`, `2m`, `1h`, or seconds. @throws {CombotError} `USAGE` */
export function waitMs(given: string): number {
  const [, digits = "", unit = "s"] = /^(\d{1,6})([smh]?)$/.exec(given) ?? [];
  const seconds = Number(digits) * (SECONDS_IN[unit as keyof typeof SECONDS_IN] ?? 1);
  if (digits === "" || seconds > LONGEST_WAIT_SECONDS)
    throw new CombotError("USAGE", `--wait ${given}: give seconds, or a number with s, m or h, up to 24h.`);
  return seconds * 1000;
}
