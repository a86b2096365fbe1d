import type { Sizes } from "./profiles.ts";
import type { Secrecy } from "./redaction.ts";
import type { ValueType } from "./value-types.ts";

/** One setting: the only place where its name, default, range and meaning are written down. */
export interface Setting<T = unknown> {
  readonly type: ValueType<T>;
  /** One line, for docs/settings.md, `combot config` and GET /api/config/. */
  readonly doc: string;
  /** The unit of the text, for the docs. The parsed value says its own in its name (`Ms`, `Bytes`). */
  readonly unit?: string;
  /** As an operator would write it; it passes through `type` like any other text. */
  readonly default?: string;
  /** The default is for a machine that is not slow: elsewhere it is as much more, in whole seconds, up to this. */
  readonly stretchesTo?: number;
  /** In place of `default` where the profile decides. */
  readonly sizes?: Sizes;
  /** What holds where there is neither a value nor a default, in a word or two. */
  readonly unset?: string;
  readonly secret?: Secrecy;
  /** `also`: NAME_FILE may name a file that holds the value. `only`: NAME itself is not a variable. */
  readonly file?: "also" | "only";
  /** Anybody may read that file: a certificate is no secret, only too long to be shown. */
  readonly isPublicFile?: true;
  /** A reload changes it: whoever needs it reads it each time. Everything else takes a restart. */
  readonly live?: true;
  /** The command-line flag that sets it, if any. */
  readonly flag?: string;
}
