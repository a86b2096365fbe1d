// Apart from the schemas, so that whoever wants a number loads no zod.

/** Scores in one reply, texts × topK, at most: of a model of 20,000 labels a reply could have 200 MB. */
export const MAX_SCORES = 65_536;
/** Labels that a call may bring along, at most. */
export const MAX_LABELS = 64;
/** Texts × labels of one call, at most: each is a text and a hypothesis for the model to read. */
export const MAX_HYPOTHESES = 1024;
/** Models that a call may ask, at most. */
export const MAX_ASKED_MODELS = 16;
/** Texts × models of one call, at most. */
export const MAX_ASKED = 1024;
/** What is said of a text where a call does not say it otherwise. */
export const DEFAULT_TEMPLATE = "This example is {}.";
/** Candidates that a call may name, and thresholds, at most. */
export const MAX_JUDGED = 256;
