/** To a thousandth. */
export function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

export function rounded(value: number | null): number | null {
  return value === null ? null : round(value);
}
