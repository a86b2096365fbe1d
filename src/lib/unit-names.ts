/** The units of a deployed combot. */
export const SERVICE = "combot-enhanced.service";
export const SOCKET = "combot-enhanced.socket";
export const REDIS = "combot-redis.service";
export const TIMERS = ["combot-backup.timer", "combot-check.timer"] as const;
export const TARGET = "combot.target";
/** Another name of the service. */
export const ALIAS = "combot.service";

/** Those that run on and on, in the order in which they are started. */
export const LASTING_UNITS: readonly string[] = [REDIS, SOCKET, SERVICE, ...TIMERS, TARGET];

/** They have no state of their own: their timers start them. */
export const JOBS = ["combot-backup.service", "combot-check.service"] as const;

export const ALL_UNITS: readonly string[] = [REDIS, SOCKET, SERVICE, ...TIMERS, ...JOBS, TARGET];
