/** To three decimals, as figures are told. */
export function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000;
}
