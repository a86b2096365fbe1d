import { messageOf } from "../errors.ts";
import { isRunning } from "./facts.ts";
import { readState } from "./files.ts";
import { askHealth, type HealthWord, waitHealthy } from "./health.ts";
import type { Root } from "./machine.ts";
import { PATHS } from "./paths.ts";
import { healthLimitMs, type OnWait } from "./perform.ts";
import type { Restored } from "./restore.ts";
import { SERVICE } from "../unit-names.ts";
import { unitStates } from "./systemd.ts";

/** What is seen of a machine that went back. */
export interface Afterwards {
  /** No worse off than it was. */
  readonly isWell: boolean;
  /** The end of a sentence that begins with what was put back. */
  readonly seen: string;
}

/** Looks at the daemon once a generation is back: that its files are is no proof that it serves. */
export async function lookAfterwards(root: Root, { generation }: Restored, onWait: OnWait): Promise<Afterwards> {
  if (!root.isMachine) return { isWell: true, seen: "" };
  const { units, health } = generation;
  if (!isRunning(units[SERVICE]?.active)) return lookAtRest();
  if (health === "unhealthy" || health === null) return lookAtIll(health);
  try {
    await waitHealthy(healthLimitMs(readState(root.at(PATHS.env))?.content ?? ""), onWait);
    return { isWell: true, seen: ", and combot answers" };
  } catch (error) {
    return { isWell: false, seen: `, but combot does not serve: ${messageOf(error)}` };
  }
}

async function lookAtRest(): Promise<Afterwards> {
  const { active = "inactive" } = (await unitStates([SERVICE]))[SERVICE] ?? {};
  return isRunning(active)
    ? { isWell: false, seen: `, but ${SERVICE} is ${active} and was not before` }
    : { isWell: true, seen: "; combot did not run before, and does not now" };
}

async function lookAtIll(before: "unhealthy" | null): Promise<Afterwards> {
  const now: HealthWord | null = await askHealth();
  if (now !== null && now !== "unhealthy") return { isWell: true, seen: ", and combot answers" };
  const words = (health: HealthWord | null): string => health ?? "not answering";
  return { isWell: true, seen: `; combot was ${words(before)} before, and is ${words(now)} now` };
}

/** Where operators find what had to make way. */
export function keptInWords({ kept }: Restored): string {
  if (kept.length === 0) return "";
  const list = kept.map(({ path, at }) => `${path} is kept as ${at}`).join(", ");
  return ` What you had edited was not what ran: ${list}.`;
}
