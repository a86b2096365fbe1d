/** A text to learn from. */
export interface Example {
  readonly text: string;
  readonly label: string;
}
