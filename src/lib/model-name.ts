/** What a model of a repository may be called. */
export const MODEL_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
