// Not in health.ts, which loads zod.

/** How what the check of the model says begins while it is loaded for the first time and nothing has failed. */
export const LOADING = "loading";
