import type { Capability } from "../record.ts";
import { survivesCrashes } from "./deploy/crashes.ts";
import { examines } from "./deploy/doctor.ts";
import { isHardened } from "./deploy/hardening.ts";
import { convergesAfterKills } from "./deploy/kills.ts";
import { restarts } from "./deploy/restarts.ts";
import { comesBack } from "./deploy/sabotage.ts";
import { keepsSecrets } from "./deploy/secrets.ts";

export const deploy: Capability = {
  name: "deploy",
  summary: "The deployed program on a real systemd with a real Redis: restarts, crashes, hardening, failed deploys",
  parts: [
    { name: "restarts", run: restarts },
    { name: "crashes", run: survivesCrashes },
    { name: "hardening", run: isHardened },
    { name: "secrets", run: keepsSecrets },
    { name: "doctor", run: examines },
    { name: "sabotage", run: comesBack },
    { name: "kills", run: convergesAfterKills },
  ],
};
