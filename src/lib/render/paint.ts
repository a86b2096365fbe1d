/** What colour stands for. It never carries a meaning that the words don't. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly careful: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly strong: (text: string) => string;
}

const same = (text: string): string => text;

export const PLAIN: Paint = { good: same, careful: same, bad: same, faint: same, strong: same };
