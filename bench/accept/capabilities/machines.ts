import type { Capability } from "../record.ts";
import { survivesCuts } from "./machines/cuts.ts";
import { climbsInside } from "./machines/inside.ts";
import { standsPressure } from "./machines/pressure.ts";
import { MODELS } from "./machines/stage.ts";
import { upgrades } from "./machines/upgrade.ts";
import { walks } from "./machines/walk.ts";

/** Of each machine: a walk from the package to its last trace, an upgrade and back, power cuts in a deploy, pressure, the ladder. */
const CAMPAIGNS = {
  "": walks,
  "-upgrade": upgrades,
  "-cuts": survivesCuts,
  "-pressure": standsPressure,
  "-climbs": climbsInside,
} as const;

export const machines: Capability = {
  name: "machines",
  summary: "Virtual machines of Debian 12 and 13: install, deploy, use, lose power, upgrade, remove",
  parts: Object.entries(CAMPAIGNS).flatMap(([name, run]) =>
    MODELS.map((model) => ({ name: `${model.name}${name}`, run: (say) => run(model, say) })),
  ),
};
