/** Settings with which no worker comes due: what is measured has no recycling in it but what was ordered. */
export const NOTHING_DUE = { MAX_REQUESTS: "0", MAX_USERS_PER_PROCESS: "0", PROCESS_RECYCLE_INTERVAL: "0" };
