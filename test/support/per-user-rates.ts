/** What --per-user takes, and how often a day that is. */
export const GOOD_RATES: readonly (readonly [text: string, aDay: number])[] = [
  ["0.1/s", 8640],
  ["2/min", 2880],
  ["7/m", 10_080],
  ["30/h", 720],
  ["1.5/hour", 36],
  ["5/d", 5],
  ["86400/day", 86_400],
  ["1000/s", 86_400_000],
];

export const BAD_RATES: readonly string[] = [
  "",
  "2",
  "/min",
  "0/min",
  "-1/min",
  "two/min",
  "2/week",
  "2/MIN",
  "2 /min",
  "2/min/min",
  "2/constructor",
  "1e3/h",
  "1001/s",
  "60001/min",
  `${"9".repeat(400)}/min`,
];
