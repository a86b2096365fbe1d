/** What other servers' clients speak, by the name that COMBOT_COMPAT has for it. */
export const COMPAT_PROTOCOLS = ["hf", "tei", "oip"] as const;

export type CompatProtocol = (typeof COMPAT_PROTOCOLS)[number];

/** How such a call ended, as its status says. */
export const COMPAT_OUTCOMES = ["2xx", "4xx", "5xx"] as const;

export type CompatOutcome = (typeof COMPAT_OUTCOMES)[number];
