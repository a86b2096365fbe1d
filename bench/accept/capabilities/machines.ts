import type { Capability } from "../record.ts";
import { MODELS } from "./machines/stage.ts";
import { walks } from "./machines/walk.ts";

export const machines: Capability = {
  name: "machines",
  summary: "Virtual machines of Debian 12 and 13: install, deploy, use, lose power, upgrade, remove",
  parts: MODELS.map((model) => ({ name: model.name, run: (say) => walks(model, say) })),
};
