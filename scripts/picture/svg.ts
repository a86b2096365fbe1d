export interface DrawOptions {
  /** Columns. */
  readonly width: number;
  readonly title: string;
}

const [COLUMN, ROW, MARGIN, BAR] = [8.4, 18, 16, 30];
const COLOURS: Readonly<Record<number, string>> = { 31: "#ff7b72", 32: "#7ee787", 33: "#e3b341" };
const [PAPER, INK, FAINT] = ["#0d1117", "#c9d1d9", "#8b949e"];

interface Style {
  readonly colour: string;
  readonly isBold: boolean;
  /** Of text in no colour of its own. */
  readonly isFaint: boolean;
}

interface Stretch extends Style {
  readonly column: number;
  readonly text: string;
}

const PLAIN: Style = { colour: INK, isBold: false, isFaint: false };

/**
 * A terminal's screen, as `tmux capture-pane -e` gives it, as a picture: text that can be selected, no font of its own.
 * No text in it has two blanks in a row: whether they are kept is up to `xml:space`, which Chromium doesn't heed any
 * more, and one that is lost makes `textLength` pull the words apart that it should hold. Bars and strokes are shapes,
 * since not every font has them, nor all of them as wide as a letter.
 */
export function drawScreen(lines: readonly string[], { width, title }: DrawOptions): string {
  const [across, down] = [Math.ceil(width * COLUMN + 2 * MARGIN), lines.length * ROW + 2 * MARGIN + BAR];
  let style = PLAIN;
  const rows = lines.flatMap((line, row) => {
    const read = readLine(line, style);
    style = read.style;
    return read.stretches.flatMap(partsOf).map((part) => drawPart({ ...part, colour: inkOf(part) }, row));
  });
  const dots = ["#ff5f56", "#ffbd2e", "#27c93f"].map(
    (colour, at) => `<circle cx="${MARGIN + 6 + at * 20}" cy="${BAR / 2 + 4}" r="6" fill="${colour}"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${across} ${down}" width="${across}" height="${down}" role="img">
<title>${escaped(title)}</title>
<rect width="${across}" height="${down}" rx="8" fill="${PAPER}"/>
${dots.join("")}
<text x="${across / 2}" y="${BAR / 2 + 8}" text-anchor="middle" fill="${FAINT}" font-family="sans-serif" font-size="13">${escaped(title)}</text>
<g shape-rendering="crispEdges" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
${rows.join("\n")}
</g>
</svg>
`;
}

const EIGHTHS = "▁▂▃▄▅▆▇█";
/** Words with one blank between them, or strokes of one kind. */
const PARTS = /░+|│+|▁+|▂+|▃+|▄+|▅+|▆+|▇+|█+|[^\s░│▁-█]+(?: [^\s░│▁-█]+)*/g;

function partsOf(stretch: Stretch): readonly Stretch[] {
  return [...stretch.text.matchAll(PARTS)].map(({ 0: text, index }) => ({
    ...stretch,
    text,
    column: stretch.column + index,
  }));
}

function drawPart(part: Stretch, row: number): string {
  const stroke = part.text[0] ?? "";
  const top = MARGIN + BAR + row * ROW;
  const eighths = EIGHTHS.indexOf(stroke) + 1;
  if (stroke === "│") return drawShape(part, [0.45, 0.1], [top, ROW]);
  if (stroke === "░") return drawShape(part, [0, 1], [top + 2, ROW - 4], 0.25);
  if (eighths > 0) return drawShape(part, [0, 1], [top + ROW - (ROW * eighths) / 8, (ROW * eighths) / 8]);
  return drawText(part, row);
}

/** One for each column where it is narrower than that. */
function drawShape(
  { column, text, colour }: Stretch,
  [from, share]: readonly [number, number],
  [y, height]: readonly [number, number],
  opacity = 1,
): string {
  const places = share === 1 ? [0] : Array.from({ length: text.length }).keys();
  const wide = share === 1 ? text.length : share;
  const seen = opacity === 1 ? "" : ` fill-opacity="${opacity}"`;
  return [...places]
    .map((at) => {
      const x = (MARGIN + (column + at + from) * COLUMN).toFixed(1);
      return `<rect x="${x}" y="${y.toFixed(1)}" width="${(wide * COLUMN).toFixed(1)}" height="${height.toFixed(1)}" fill="${colour}"${seen}/>`;
    })
    .join("");
}

/** `textLength` keeps the columns where they are, whatever font there is. */
function drawText({ column, text, colour, isBold }: Stretch, row: number): string {
  const x = (MARGIN + column * COLUMN).toFixed(1);
  const y = MARGIN + BAR + (row + 0.75) * ROW;
  const weight = isBold ? ' font-weight="bold"' : "";
  const length = (text.length * COLUMN).toFixed(1);
  return `<text x="${x}" y="${y}" fill="${colour}"${weight} textLength="${length}" lengthAdjust="spacingAndGlyphs">${escaped(text)}</text>`;
}

/** Stretches of one style, those of blanks alone left out. A line begins in the style that the one before ended in. */
function readLine(line: string, begun: Style): { readonly stretches: readonly Stretch[]; readonly style: Style } {
  const stretches: Stretch[] = [];
  let style = begun;
  let column = 0;
  // oxlint-disable-next-line no-control-regex -- that is what a change of style begins with.
  for (const [, codes, text = ""] of line.matchAll(/\u001B\[([\d;]*)m|([^\u001B]+)/g)) {
    if (codes !== undefined) style = codes.split(";").map(Number).reduce(restyle, style);
    const blanks = text.length - text.trimStart().length;
    const shown = text.trim();
    if (shown !== "") stretches.push({ ...style, column: column + blanks, text: shown });
    column += text.length;
  }
  return { stretches, style };
}

/** Faint and a colour come and go by themselves, in any order. */
function inkOf({ colour, isFaint }: Style): string {
  return isFaint && colour === INK ? FAINT : colour;
}

function restyle(style: Style, code: number): Style {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, isBold: true };
  if (code === 2) return { ...style, isFaint: true };
  if (code === 22) return { ...style, isBold: false, isFaint: false };
  if (code === 39) return { ...style, colour: INK };
  return { ...style, colour: COLOURS[code] ?? style.colour };
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
