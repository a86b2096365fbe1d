import type { LogTail } from "../../monitor/log-line.ts";
import type { Mode } from "../../monitor/mode.ts";
import type { MonitorView } from "../../monitor/state.ts";
import type { Sample } from "../../protocol/events.ts";
import type { Glyphs } from "../glyphs.ts";
import type { Line } from "../line.ts";

/** What a screen is drawn for. */
export interface ScreenOptions {
  readonly width: number;
  /** Lines there are; undefined: as many as it takes. */
  readonly height?: number;
  readonly glyphs: Glyphs;
  readonly clock: Date;
  readonly intervalMs?: number;
  /** Of the command that draws: it is told where the daemon's is another one. */
  readonly ownVersion?: string;
  /** What the one who looks has chosen; undefined where nobody can choose. */
  readonly mode?: Mode;
  /** The last line. */
  readonly footer?: Line;
}

export interface PageOptions extends ScreenOptions {
  readonly height: number;
  readonly mode: Mode;
  /** Keys that would change something are not offered. */
  readonly isReadOnly?: boolean;
  /** There are models beside the default one. */
  readonly isSeveral?: boolean;
  /** What came of the last action. */
  readonly message?: string;
  readonly log?: LogTail;
  /** What the journal knows of the process whose detail is shown. */
  readonly life?: Life;
}

/** What a page of detail is made of; `height` has the lines there are for it. */
export interface DetailParts extends PageOptions {
  readonly view: MonitorView;
  readonly sample: Sample;
}

/** Memory of one process, from the journal; `points` are undefined until they are read. */
export interface Life {
  readonly points: readonly { readonly at: string; readonly pssBytes: number | null }[] | undefined;
  /** Why they can't be read. */
  readonly fault?: string;
}
