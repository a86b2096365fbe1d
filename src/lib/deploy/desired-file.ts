/** A file as it is to be. */
export interface DesiredFile {
  readonly path: string;
  readonly mode: number;
  /** `owner:group`, by name. */
  readonly owner: string;
  readonly content: string;
  /** It is a link that leads there, and has no content of its own. */
  readonly link?: string;
  /** Never shown. */
  readonly isSecret: boolean;
  /** Units that read it at their start. */
  readonly readBy: readonly string[];
}
