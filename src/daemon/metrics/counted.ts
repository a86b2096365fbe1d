import type { Counter } from "prom-client";

/** Of a counter without labels. */
export async function valueOf(counter: Counter): Promise<number> {
  return (await counter.get()).values[0]?.value ?? 0;
}

export async function byLabel(counter: Counter, label: string): Promise<Record<string, number>> {
  return Object.fromEntries((await counter.get()).values.map(({ labels, value }) => [String(labels[label]), value]));
}
