import { existsSync } from "node:fs";
import { isRemote } from "../client/place.ts";
import type { Place } from "../client/place.ts";
import { socketsToAsk, socketSurroundings } from "../config/socket-path.ts";
import { SERVICE } from "../unit-names.ts";

/** As combot deploy writes it. */
const UNIT_FILE = `/etc/systemd/system/${SERVICE}`;

/** Those of the daemon that --socket, the environment or the machine names. */
export function socketsOf(socket: string | undefined): Place {
  return socketsToAsk(socketSurroundings(socket ?? process.env["COMBOT_SOCKET"] ?? null));
}

/** Tells of the first wait for a daemon, at once: what it is for, and what would end it. */
export function tellingOfWaits(tell: (text: string) => void): (place: Place, forMs: number) => void {
  let isTold = false;
  return (place, forMs) => {
    if (isTold) return;
    isTold = true;
    const seconds = Math.round(forMs / 1000);
    if (isRemote(place)) return tell(`Nobody listens on ${place.url.host} yet, waiting ${seconds} s.`);
    const cure =
      existsSync("/run/systemd/system") && existsSync(UNIT_FILE) ? `sudo systemctl start ${SERVICE}` : "combot daemon";
    tell(`No daemon on ${place.path} yet, waiting ${seconds} s for one. Start it: ${cure}`);
  };
}
