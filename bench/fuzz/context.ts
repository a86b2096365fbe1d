/** What a caller knows of the daemon that it calls. */
export interface FuzzContext {
  /** What may stand in the Host header. */
  readonly host: string;
  /** Over TCP. */
  readonly token?: string;
  /** Texts that mean something: a backup's name, a model's folder, keys. */
  readonly known: readonly string[];
}
