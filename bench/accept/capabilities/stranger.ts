import type { Capability } from "../record.ts";
import { followsQuickstart, upgradesAndRemoves } from "./stranger/quickstart.ts";
import { installs } from "./stranger/installation.ts";
import { usesOwnDaemon } from "./stranger/own-daemon.ts";

/** Each with a page of what was typed and shown beside the record; the later ones begin on the machine of the first. */
export const stranger: Capability = {
  name: "stranger",
  summary: "An empty virtual machine on which every line of README and quickstart is typed as it stands",
  parts: [
    { name: "install", run: installs },
    { name: "use", run: usesOwnDaemon },
    { name: "quickstart", run: followsQuickstart },
    { name: "upgrade", run: upgradesAndRemoves },
  ],
};
