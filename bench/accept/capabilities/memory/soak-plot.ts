export interface SoakPoint {
  readonly atMs: number;
  readonly daemonBytes: number;
  /** Of the daemon and its workers; pages they share count once for each. */
  readonly treeBytes: number;
}

const WIDTH = 900;
const HEIGHT = 320;
const LEFT = 60;
const RIGHT = 20;
const TOP = 40;
const BOTTOM = 40;
const MIB = 1024 * 1024;
const MINUTE_MS = 60_000;
const GRID_MINUTES = 5;
const GRID_MIB = 100;
/** Points drawn: more than the picture has columns would only make the file large. */
const COLUMNS = 900;

/** Resident memory over time: of the tree and of the daemon, each column the largest value that fell into it. */
export function drawSoak(points: readonly SoakPoint[]): string {
  const lastMs = points.at(-1)?.atMs ?? 1;
  const topMib = Math.ceil(Math.max(...points.map(({ treeBytes }) => treeBytes / MIB)) / GRID_MIB) * GRID_MIB;
  const x = (ms: number): number => LEFT + (ms / lastMs) * (WIDTH - LEFT - RIGHT);
  const y = (mib: number): number => HEIGHT - BOTTOM - (mib / topMib) * (HEIGHT - TOP - BOTTOM);
  const pathOf = (of: "daemonBytes" | "treeBytes"): string =>
    columnsOf(points, lastMs, of)
      .map(({ atMs, mib }, index) => `${index === 0 ? "M" : "L"}${x(atMs).toFixed(1)} ${y(mib).toFixed(1)}`)
      .join("");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${LEFT}" y="22" font-size="14">Resident memory over ${Math.round(lastMs / MINUTE_MS)} minutes</text>`,
    ...grid(topMib, lastMs, x, y),
    `<path d="${pathOf("treeBytes")}" fill="none" stroke="#1f6feb"/>`,
    `<path d="${pathOf("daemonBytes")}" fill="none" stroke="#b35900" stroke-width="1.5"/>`,
    `<text x="${WIDTH - RIGHT}" y="22" text-anchor="end"><tspan fill="#1f6feb">daemon and workers</tspan> <tspan fill="#b35900" dx="12">daemon</tspan></text>`,
    "</svg>",
    "",
  ].join("\n");
}

function columnsOf(points: readonly SoakPoint[], lastMs: number, of: "daemonBytes" | "treeBytes") {
  const columns = new Map<number, { atMs: number; mib: number }>();
  for (const point of points) {
    const column = Math.floor((point.atMs / lastMs) * COLUMNS);
    const mib = Math.max(columns.get(column)?.mib ?? 0, point[of] / MIB);
    columns.set(column, { atMs: point.atMs, mib });
  }
  return [...columns.values()];
}

function* grid(topMib: number, lastMs: number, x: (ms: number) => number, y: (mib: number) => number) {
  for (let mib = 0; mib <= topMib; mib += GRID_MIB) {
    yield `<path d="M${LEFT} ${y(mib)}H${WIDTH - RIGHT}" stroke="#ddd"/>`;
    yield `<text x="${LEFT - 6}" y="${y(mib) + 4}" text-anchor="end">${mib} MiB</text>`;
  }
  for (let minute = 0; minute * MINUTE_MS <= lastMs; minute += GRID_MINUTES)
    yield `<text x="${x(minute * MINUTE_MS)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${minute} min</text>`;
}
