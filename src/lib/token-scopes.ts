/**
 * What a named token opens over TCP: `classify` what the user socket offers, `read` what only tells, on either socket,
 * and `control` everything.
 */
export const TOKEN_SCOPES = ["classify", "read", "control"] as const;

export type TokenScope = (typeof TOKEN_SCOPES)[number];

/** Of a token: short enough to be guessed is no token. */
export const TOKEN_MIN_BYTES = 32;

/** What a token may be called: it stands in log lines, in a metric and among decisions. */
export const TOKEN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Requests a minute, at most. */
export const MAX_TOKEN_RATE = 1_000_000;
