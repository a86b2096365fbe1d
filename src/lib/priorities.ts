/** How soon a call is computed: before others, or with what these leave of the processors. */
export const PRIORITIES = ["interactive", "batch"] as const;

export type Priority = (typeof PRIORITIES)[number];
