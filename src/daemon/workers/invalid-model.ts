/** Why a model or an input can't be served, as opposed to a fault of the process. */
export class InvalidModelError extends Error {}
