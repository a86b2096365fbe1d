import { thousandths as round } from "../thousandths.ts";

export { round };

export function rounded(value: number | null): number | null {
  return value === null ? null : round(value);
}
