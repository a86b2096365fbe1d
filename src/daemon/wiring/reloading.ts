import { CombotError, messageOf } from "../../lib/errors.ts";
import type { Listeners } from "./listeners.ts";
import type { Logger } from "../log/log.ts";
import type { SettingsInForce } from "./settings-in-force.ts";

/**
 * Reads the settings again. Faulty ones change nothing.
 *
 * @returns what an operator should know of it, in words without values; "" where there is nothing.
 */
export function reload(inForce: SettingsInForce, listeners: Listeners, log: Logger): string {
  try {
    const { loaded, changed, needRestart } = inForce.reload();
    log.level = loaded.settings.logLevel;
    listeners.keepIdle(loaded.settings.keepAliveMs);
    for (const warning of loaded.warnings) log.warn(warning);
    log.info({ changed, needRestart }, "settings reloaded");
    if (needRestart.length === 0) return "";
    log.warn({ settings: needRestart }, "these settings have changed and take a restart");
    return `restart for ${needRestart.join(" ")}`;
  } catch (error) {
    if (!(error instanceof CombotError)) throw error;
    log.error({ faults: error.faults }, `nothing was reloaded: ${messageOf(error)}`);
    return "last reload refused: see the journal";
  }
}
