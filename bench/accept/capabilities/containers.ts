import type { Capability } from "../record.ts";
import { alone } from "./containers/alone.ts";
import { compose } from "./containers/compose.ts";
import { killed } from "./containers/killed.ts";
import { neighbour } from "./containers/neighbour.ts";
import { played } from "./containers/played.ts";
import { quadlet } from "./containers/quadlet.ts";
import { redisGone } from "./containers/redis-gone.ts";
import { replaced } from "./containers/replaced.ts";
import { rootless } from "./containers/rootless.ts";
import { sizes } from "./containers/sizes.ts";
import { staged } from "./containers/stage.ts";

/** The image that npm run image has built and the manifests of deploy/, run by Podman as root. */
export const containers: Capability = {
  name: "containers",
  summary: "The image and the manifests under Podman: starts, replacements, neighbours, kills, and what else runs them",
  parts: [
    staged("image", alone),
    replaced,
    neighbour,
    killed,
    redisGone,
    staged("sizes", sizes),
    staged("compose", compose),
    staged("played", played),
    staged("quadlet", quadlet),
    staged("rootless", rootless),
  ],
};
