import type { MonitorView } from "../../monitor/state.ts";
import { span } from "../line.ts";
import type { Line } from "../line.ts";
import { detailLines } from "./detail.ts";
import { footerLine } from "./footer.ts";
import { headerLine } from "./header.ts";
import { helpLines } from "./help.ts";
import { logPanel } from "./log-panel.ts";
import { decisionRows } from "./news-rows.ts";
import type { PageOptions } from "./options.ts";
import { beside, renderScreen } from "./screen.ts";

/** From here on the log stands beside the screen, else below it. */
const BESIDE_FROM = 160;
const LOG_SHARE = 0.42;
const LOG_LINES_SHARE = 0.3;
const FEWEST_LOG_LINES = 4;

/** What the terminal shows: exactly as many lines as it has. */
export function renderPage(view: MonitorView, options: PageOptions): readonly Line[] {
  const footer = footerLine({ ...options, isSeveral: view.sample?.models !== undefined });
  const body = { ...options, height: options.height - 1 };
  return [...(options.mode.showsLog ? withLog(view, body) : bodyOf(view, body)), footer].slice(-options.height);
}

function withLog(view: MonitorView, options: PageOptions): readonly Line[] {
  const { width, height, glyphs, log, mode } = options;
  if (width >= BESIDE_FROM) {
    const logWidth = Math.floor(width * LOG_SHARE);
    const left = width - logWidth - glyphs.column.length;
    const panel = logPanel(log, height, { width: logWidth, glyphs }, mode.filter);
    return beside(bodyOf(view, { ...options, width: left }), panel, left, glyphs.column);
  }
  const logHeight = Math.min(height - 1, Math.max(FEWEST_LOG_LINES, Math.floor(height * LOG_LINES_SHARE)));
  return [
    ...bodyOf(view, { ...options, height: height - logHeight }),
    ...logPanel(log, logHeight, { width, glyphs }, mode.filter),
  ];
}

/** All but the footer: exactly as many lines as there is height. */
function bodyOf(view: MonitorView, options: PageOptions): readonly Line[] {
  const { mode, width, height, glyphs } = options;
  if (mode.page === "table") return renderScreen(view, options);
  const lines = [headerLine(view, options), [], ...pageLines()].slice(0, height);
  return [...lines, ...Array.from({ length: height - lines.length }, (): Line => [span("")])];

  function pageLines(): readonly Line[] {
    if (mode.page === "help") return helpLines(width);
    if (mode.page === "detail") return detailLines(view, { ...options, height: height - 2 });
    return decisionRows(view.decisions, Math.max(1, height - 2), { width, glyphs, maxLines: 1 }, mode.filter);
  }
}
