import { packageFile } from "../../lib/package-files.ts";

/** The model that comes with the package: a shop chatbot's intents. */
export const BUNDLED_MODEL_DIR = packageFile("models/shop-intents");
