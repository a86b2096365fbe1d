/** The optimised graph; its weights lie beside it, and it names them. */
export const PREPARED_MODEL = "model.onnx";
export const PREPARED_WEIGHTS = "weights.bin";
/** What came of the trial. */
export const TRIAL_FILE = "trial.json";
/** At the end of a folder's name while it is filled. */
export const MAKING = ".making";
