/** What the process that copies a model's folder is asked, and what it answers: one document, and lines of JSON. */
export type SealRequest = SealFolder | FindSealed | CompareFolder;

/** Copies what counts of a folder, unless a copy of it is there. */
export interface SealFolder {
  readonly do: "seal";
  /** Or the model file itself. */
  readonly dir: string;
  /** The model file wished for; the fastest one where left out. */
  readonly file?: string | undefined;
  /** Where the copies are kept. */
  readonly store: string;
}

/** Looks for a copy that is there, and checks it whole. */
export interface FindSealed {
  readonly do: "find";
  readonly content: string;
  readonly store: string;
}

/** Tells what a folder holds now, without copying it. */
export interface CompareFolder {
  readonly do: "compare";
  readonly dir: string;
  readonly file: string;
  /** As it was, if that is known: a folder whose stamps are the same is not read. */
  readonly known?: { readonly content: string; readonly stamps: Stamps } | undefined;
}

/** By the name of the file, relative to its folder; null where it isn't there. */
export type Stamps = Readonly<Record<string, string | null>>;

export interface SealedFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Written into the copy when it was made. */
export interface SealRecord {
  /** Names what the copy holds: 64 hex digits over its files, their names and which of them is the model. */
  readonly content: string;
  /** The model file, relative to the folder. */
  readonly file: string;
  readonly files: readonly SealedFile[];
}

/** A folder and its stamps when it was copied. */
export interface SealSource {
  readonly dir: string;
  readonly stamps: Stamps;
  /** Its combot.json of that moment, which is not of what the copy holds; older versions wrote none. */
  readonly settings?: SettingsFile | null;
}

export interface SettingsFile {
  readonly stamp: string;
  readonly text: string;
}

/** A copy that was checked whole just now. */
export interface FoundCopy {
  readonly folder: string;
  readonly record: SealRecord;
  /** Of the copy's own files, from before they were read. */
  readonly ownStamps: Readonly<Record<string, string>>;
  /** Where it was copied from last; null where that isn't known. */
  readonly source: SealSource | null;
}

export interface MadeCopy extends FoundCopy {
  readonly source: SealSource;
  /** Not by this call alone: it may have been there. */
  readonly isNew: boolean;
  /** Model files that could have been taken instead, the fastest first. */
  readonly others: readonly string[];
}

export interface FolderContent {
  readonly content: string;
  readonly stamps: Stamps;
}

export interface SealAnswers {
  readonly seal: MadeCopy;
  readonly find: FoundCopy;
  readonly compare: FolderContent;
}

/** What it tells from one another. */
export type SealFault = "MODEL_INVALID" | "NO_ROOM" | "NO_PROCESS" | "TOO_MANY_FILES";

/** A line of its output: a sign of life, or the end. */
export type SealLine =
  | { readonly at: string }
  | { readonly answer: SealAnswers[keyof SealAnswers] }
  | { readonly error: { readonly code: SealFault; readonly detail: string } };
