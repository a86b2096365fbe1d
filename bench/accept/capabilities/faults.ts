import type { Capability } from "../record.ts";
import { campaign } from "./faults/campaign.ts";
import { clients } from "./faults/clients.ts";
import { crowds } from "./faults/crowds.ts";
import { fuzz } from "./faults/fuzz.ts";
import { logs } from "./faults/logs.ts";

export const faults: Capability = {
  name: "faults",
  summary: "What a caller, a full disk or a reader that stops can do to the daemon, with the bundled model",
  parts: [
    { name: "crowds", run: crowds },
    { name: "clients", run: clients },
    { name: "logs", run: logs },
    { name: "fuzz", run: fuzz },
    { name: "campaign", run: campaign },
  ],
};
